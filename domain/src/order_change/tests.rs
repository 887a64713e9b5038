mod commands;
mod payment_lost;
mod refunds;
mod sagas;
