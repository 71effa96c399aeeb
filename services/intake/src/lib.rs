//! Intake: receives reports of arrears, finds the household, opens and closes cases, keeps the vault.

pub mod address;
pub mod check;
pub mod codec;
pub mod keys;
pub mod region;
pub mod vault;
