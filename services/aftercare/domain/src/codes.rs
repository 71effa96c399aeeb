//! Enums with stable codes, for events and contracts.

/// Text that is no code of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown code, one of these is expected: {}", .expected.trim_end())]
pub struct Unknown {
    /// All codes of the list.
    pub expected: &'static str,
}

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Stable, lower-case, dashed.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::Unknown;
            fn from_str(code: &str) -> Result<Self, $crate::Unknown> {
                match code { $($code => Ok(Self::$variant),)+ _ => Err($crate::Unknown { expected: concat!($($code, " "),+) }) }
            }
        }
    };
}
pub(crate) use coded;
