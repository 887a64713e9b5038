//! The books: entries are appended and never changed, each once; and what is folded of them.

use std::collections::{BTreeMap, HashSet, VecDeque};

use domain::{
    Account, Amount, AmountOverflow, MoneyEntry, MoneyKind, ProductId, SellerId, StockEntry,
    StockKind,
};
use uuid::Uuid;

type MoneyKey = (Uuid, MoneyKind, u32);
type StockKey = (Uuid, ProductId, StockKind);

#[derive(Default)]
pub(crate) struct Books {
    money: Vec<MoneyEntry>,
    money_keys: HashSet<MoneyKey>,
    stock: Vec<StockEntry>,
    stock_keys: HashSet<StockKey>,
    /// What is folded of sellers' credits.
    balances: BTreeMap<SellerId, Amount>,
    /// Which entries are sellers' credits that are not folded, by their places in `money`; in order.
    credits: VecDeque<usize>,
}

impl Books {
    /// None of these entries is there already, and no two of them are the same.
    pub(crate) fn have_room_for(&self, money: &[MoneyEntry], stock: &[StockEntry]) -> bool {
        let (mut money_keys, mut stock_keys) = (HashSet::new(), HashSet::new());
        let money = money.iter().map(money_key).all(|key| {
            let is_new = !self.money_keys.contains(&key);
            is_new && money_keys.insert(key)
        });
        let stock = stock.iter().map(stock_key).all(|key| {
            let is_new = !self.stock_keys.contains(&key);
            is_new && stock_keys.insert(key)
        });
        money && stock
    }

    pub(crate) fn append_money(&mut self, entry: MoneyEntry) {
        if matches!(entry.to, Account::Seller(_)) {
            self.credits.push_back(self.money.len());
        }
        self.money_keys.insert(money_key(&entry));
        self.money.push(entry);
    }

    pub(crate) fn append_stock(&mut self, entry: StockEntry) {
        self.stock_keys.insert(stock_key(&entry));
        self.stock.push(entry);
    }

    pub(crate) fn money(&self) -> &[MoneyEntry] {
        &self.money
    }

    pub(crate) fn stock(&self) -> &[StockEntry] {
        &self.stock
    }

    /// This stock has moved for this reason.
    pub(crate) fn has_stock_entry(&self, entry: &StockEntry) -> bool {
        self.stock_keys.contains(&stock_key(entry))
    }

    /// What is folded of the sellers' credits, by seller.
    pub(crate) const fn folded(&self) -> &BTreeMap<SellerId, Amount> {
        &self.balances
    }

    /// The credits that are folded.
    pub(crate) fn folded_credits(&self) -> impl Iterator<Item = (&SellerId, Amount)> {
        let open: HashSet<_> = self.credits.iter().copied().collect();
        let money = self.money.iter().enumerate();
        money.filter_map(move |(at, entry)| match &entry.to {
            Account::Seller(seller) if !open.contains(&at) => Some((seller, entry.amount)),
            _ => None,
        })
    }

    /// What the seller has: what is folded, and what is not.
    pub(crate) fn balance(&self, seller: &SellerId) -> Result<Amount, AmountOverflow> {
        let folded = self.balances.get(seller).copied().unwrap_or_default();
        let credits = self.credits.iter().filter_map(|at| self.money.get(*at));
        let mut own = credits.filter(|entry| entry.to == Account::Seller(seller.clone()));
        own.try_fold(folded, |sum, entry| sum.plus(entry.amount))
    }

    /// Folds up to `limit` credits, the oldest first; says how many. Changes nothing when a seller has
    /// more than there is room for.
    pub(crate) fn fold(&mut self, limit: usize) -> Result<usize, AmountOverflow> {
        let mut balances = BTreeMap::new();
        let mut folded = 0;
        for entry in self
            .credits
            .iter()
            .take(limit)
            .filter_map(|at| self.money.get(*at))
        {
            if let Account::Seller(seller) = &entry.to {
                let balance = self.balances.get(seller).copied().unwrap_or_default();
                let balance = balances.entry(seller.clone()).or_insert(balance);
                *balance = balance.plus(entry.amount)?;
            }
            folded += 1;
        }
        self.balances.extend(balances);
        self.credits.drain(..folded);
        Ok(folded)
    }
}

const fn money_key(entry: &MoneyEntry) -> MoneyKey {
    (entry.reference, entry.kind, entry.line)
}

const fn stock_key(entry: &StockEntry) -> StockKey {
    (entry.reference, entry.product_id, entry.kind)
}
