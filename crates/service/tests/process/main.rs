//! A process in miniature, from outside.

mod server;
mod shutdown;
mod support;
