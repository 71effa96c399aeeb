//! The sequences that a durable consumer has taken in: all up to a floor, and ranges above it.

use std::collections::BTreeMap;

/// The most bytes of a stored set (see `pieces`: small values stay in the file that is fsynced). What does not fit is
/// delivered again after a restart.
const MOST_STORED: usize = 2048;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    floor: u64,
    /// First to last, above the floor, never touching.
    above: BTreeMap<u64, u64>,
}

impl Taken {
    pub const fn floor(&self) -> u64 {
        self.floor
    }

    pub fn contains(&self, sequence: u64) -> bool {
        sequence <= self.floor || self.above.range(..=sequence).next_back().is_some_and(|(_, last)| *last >= sequence)
    }

    pub fn insert(&mut self, sequence: u64) {
        if self.contains(sequence) {
            return;
        }
        let (mut first, mut last) = (sequence, sequence);
        if let Some((&before, &end)) = self.above.range(..sequence).next_back()
            && end + 1 == sequence
        {
            first = before;
        }
        if let Some(end) = self.above.remove(&(sequence + 1)) {
            last = end;
        }
        if first == self.floor + 1 {
            self.above.remove(&first);
            self.floor = last;
        } else {
            self.above.insert(first, last);
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut stored = self.floor.to_be_bytes().to_vec();
        for (first, last) in &self.above {
            if stored.len() + 16 > MOST_STORED {
                break;
            }
            stored.extend_from_slice(&first.to_be_bytes());
            stored.extend_from_slice(&last.to_be_bytes());
        }
        stored
    }

    pub fn decode(stored: &[u8]) -> Self {
        let mut numbers = stored.as_chunks::<8>().0.iter().map(|bytes| u64::from_be_bytes(*bytes));
        let floor = numbers.next().unwrap_or(0);
        let mut above = BTreeMap::new();
        while let (Some(first), Some(last)) = (numbers.next(), numbers.next()) {
            above.insert(first, last);
        }
        Self { floor, above }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn holds_what_was_put_in_and_reads_back(order in Just((1u64..60).collect::<Vec<_>>()).prop_shuffle(), many in 0usize..60) {
            let mut taken = Taken::default();
            for sequence in order.iter().take(many) {
                taken.insert(*sequence);
            }
            for sequence in 1u64..60 {
                prop_assert_eq!(taken.contains(sequence), order.iter().take(many).any(|s| *s == sequence));
            }
            prop_assert_eq!(Taken::decode(&taken.encode()), taken.clone());
            if many >= 59 {
                prop_assert_eq!((taken.floor(), taken.above.len()), (59, 0));
            }
        }
    }
}
