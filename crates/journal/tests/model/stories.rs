//! The stories behind the rules, one test each.
