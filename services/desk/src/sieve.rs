//! The sieve: for each step, how many cases entered it and what became of them.

use std::ops::AddAssign;

/// Where a case stands, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nobody closed it and no home is lost (*in behandeling*).
    Standing,
    /// It ended and the household kept a home (*uitgezeefd*).
    SievedOut,
    /// A home was lost without a place, under pressure or without trace (*verloren*): never called sieved out.
    Failed,
    /// It goes on as another case, and is counted there.
    Elsewhere,
}

impl Standing {
    /// All of them; their place here is the byte in the index.
    pub const ALL: [Self; 4] = [Self::Standing, Self::SievedOut, Self::Failed, Self::Elsewhere];
    /// Stable, lower-case, dashed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::SievedOut => "sieved-out",
            Self::Failed => "failed",
            Self::Elsewhere => "elsewhere",
        }
    }
    /// The one with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.code() == code)
    }
    /// The Dutch word on the screen.
    pub const fn dutch(self) -> &'static str {
        match self {
            Self::Standing => "in behandeling",
            Self::SievedOut => "uitgezeefd",
            Self::Failed => "woning verloren",
            Self::Elsewhere => "elders vervolgd",
        }
    }
}

/// What the sieve needs to know of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Bit `n - 1` is set when step `n` was entered.
    pub entered: u16,
    /// Where the case stands.
    pub standing: Standing,
}

impl Passage {
    /// The deepest step entered, 1 to 11; 0 when none was.
    pub const fn deepest(self) -> u8 {
        (u16::BITS - self.entered.leading_zeros()) as u8
    }
}

/// Cases that entered one step. Those that entered it are [`Count::entered`], wherever they are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Of those that entered this step: kept a home, at this step or later.
    pub sieved_out: u32,
    /// Of those: still on their way.
    pub standing: u32,
    /// Of those: lost their home.
    pub failed: u32,
    /// Of `sieved_out`: at this very step.
    pub sieved_out_here: u32,
    /// Of `standing`: at this very step.
    pub standing_here: u32,
    /// Of `failed`: at this very step.
    pub failed_here: u32,
}

impl Count {
    /// All that entered the step.
    pub const fn entered(&self) -> u32 {
        self.sieved_out + self.standing + self.failed
    }
}

/// The eleven steps, and all cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sieve {
    /// Step 1 first.
    pub steps: [Count; 11],
    /// Cases that entered any step and are counted here.
    pub cases: u32,
}

impl Sieve {
    fn change(&mut self, passage: Passage, by: impl Fn(&mut u32)) {
        if passage.standing == Standing::Elsewhere || passage.entered == 0 {
            return;
        }
        by(&mut self.cases);
        for (number, count) in (1_u8..).zip(&mut self.steps) {
            if passage.entered & (1 << (number - 1)) == 0 {
                continue;
            }
            let (all, here) = match passage.standing {
                Standing::SievedOut => (&mut count.sieved_out, &mut count.sieved_out_here),
                Standing::Failed => (&mut count.failed, &mut count.failed_here),
                Standing::Standing | Standing::Elsewhere => (&mut count.standing, &mut count.standing_here),
            };
            by(all);
            if number == passage.deepest() {
                by(here);
            }
        }
    }

    /// Counts a case.
    pub fn add(&mut self, passage: Passage) {
        self.change(passage, |count| *count += 1);
    }

    /// Forgets a case that was counted.
    pub fn remove(&mut self, passage: Passage) {
        self.change(passage, |count| *count = count.saturating_sub(1));
    }
}

impl AddAssign for Sieve {
    fn add_assign(&mut self, other: Self) {
        self.cases += other.cases;
        for (own, others) in self.steps.iter_mut().zip(other.steps) {
            own.sieved_out += others.sieved_out;
            own.standing += others.standing;
            own.failed += others.failed;
            own.sieved_out_here += others.sieved_out_here;
            own.standing_here += others.standing_here;
            own.failed_here += others.failed_here;
        }
    }
}
