//! What becomes known of a household that a routing policy may look at: closed codes, yes or no, and who said so.

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All codes, for messages.
            pub const CODES: &'static [&'static str] = &[$($code,)+];
            /// Stable, lower-case, dashed.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }
            /// The one with this code, if there is one.
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)+ _ => None } }
        }
    };
}

codes! {
    /// What is known (*omstandigheid*).
    Circumstance {
        /// Social assistance (*bijstandsuitkering*; Participatiewet).
        Benefit = "benefit";
        /// Somebody in the household has a business (*ondernemer*).
        Entrepreneur = "entrepreneur";
        /// The landlord is a private person or company (*particuliere verhuurder*).
        PrivateLandlord = "private-landlord";
    }
}

codes! {
    /// Who said so.
    Teller {
        /// The household itself.
        Household = "household";
        /// A partner who reported.
        Partner = "partner";
        /// A register of the municipality.
        Municipality = "municipality";
        /// A worker who saw it.
        Staff = "staff";
    }
}

/// One circumstance, as somebody told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// What.
    pub circumstance: Circumstance,
    /// Whether it is so.
    pub holds: bool,
    /// Who said so.
    pub source: Teller,
}
