//! Routing: sends each case to the right people by a written policy, with its reason.

pub mod policy_file;
