//! Intake: receives reports of arrears, finds the household, opens and closes cases, keeps the vault.

pub mod codec;
