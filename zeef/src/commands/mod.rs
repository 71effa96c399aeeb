//! One file per command.

pub mod aftercare;
pub mod bailiff;
pub mod case;
pub mod clock;
pub mod concerns;
pub mod court;
pub mod ddas;
pub mod demo;
pub mod evidence;
pub mod feedback;
pub mod hand_over;
pub mod journal;
pub mod merge;
pub mod outreach;
pub mod partners;
pub mod persons;
pub mod receipts;
pub mod residents;
pub mod rights;
pub mod routing;
#[cfg(test)]
mod schemas;
pub mod serve;
pub mod sieve;
pub mod signal_list;
pub mod signals;
pub mod supplement;
pub mod terms;
pub mod token;
pub mod up;
pub mod vault;
pub mod wishes;
