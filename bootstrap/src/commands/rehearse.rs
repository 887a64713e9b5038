//! `firstcome rehearse`

use super::Failure;
use crate::{
    exit::Exit,
    rehearse::{self, Plan, Shop},
    settings::{Settings, TokenKeys},
    tokens,
};

pub(super) async fn rehearse(plan: Plan, settings: Option<Settings>) -> Result<Exit, Failure> {
    let mint = match (&plan.shop, &settings) {
        (Shop::There { .. }, Some(settings)) => {
            has_key(settings)?;
            let mint = tokens::mint(settings).map_err(|error| Failure::new(Exit::Usage, error))?;
            Some(mint)
        }
        _ => None,
    };
    // The consumers' connections, and as many again of whoever is started here.
    drop(rlimit::increase_nofile_limit(
        u64::from(plan.connections.get()).saturating_add(256),
    ));
    match rehearse::rehearse(plan, mint).await {
        Ok(true) => Ok(Exit::Done),
        Ok(false) => Ok(Exit::CheckFailed),
        Err(error) if error.is_unreachable() => Err(Failure::new(Exit::Unreachable, error)),
        Err(error) => Err(Failure::new(Exit::Usage, error)),
    }
}

/// A key that is there: one made now would be believed by nobody.
fn has_key(settings: &Settings) -> Result<(), Failure> {
    match &settings.tokens.keys {
        TokenKeys::KeyFile { .. } if !settings.data.exists() => Err(Failure::new(
            Exit::Usage,
            format!(
                "no key that the shop believes: set FIRSTCOME_JWT_SECRET to the shop's secret, or \
                 `--data` to its data folder; {} is not there",
                settings.data.display()
            ),
        )),
        _ => Ok(()),
    }
}
