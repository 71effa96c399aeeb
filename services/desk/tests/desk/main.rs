//! The desk, from commits to pages.

mod chain;
mod interleaving;
mod look;
mod pages;
mod rpc;
mod support;
