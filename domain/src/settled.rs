//! How an operator has settled a stuck saga's call by hand.

/// What the operator declares to be true of the payment; the local effects finish accordingly.
///
/// | stuck at | CAPTURED | VOIDED | NOTHING |
/// |---|---|---|---|
/// | void of a failed order | the consumer gets it in the wallet | done | done |
/// | capture of a paid order | done | the order is undone, or written off once delivery has begun; one that was refunded stays so | the same |
/// | refund | refused by the provider: the order is PAID again | the consumer has the money back: refunded | as CAPTURED |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The provider has taken the money, and has it.
    Captured,
    /// The provider has given the money back, or never will take it.
    Voided,
    /// Nothing was done at the provider.
    Nothing,
}
