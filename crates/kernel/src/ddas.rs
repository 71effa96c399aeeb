//! The value lists of DDAS Vroegsignalering v0.9 (VNG, Divosa, NVVK, CBS; December 2025): Zeef's code of each value and the
//! national word for it. Held to the schema in `docs/ddas` by a test, so that they cannot drift.

macro_rules! list {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $code:literal, $national:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the national word beside each says what it is")]
        pub enum $name { $($variant,)+ }
        impl $name {
            /// All of them, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Zeef's codes, in the same order.
            pub const CODES: &'static [&'static str] = &[$($code,)+];
            /// Zeef's code: stable, lower-case, dashed.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }
            /// The word of the exchange model, letter by letter.
            pub const fn national(self) -> &'static str { match self { $(Self::$variant => $national,)+ } }
            /// The one with this code of Zeef, if there is one.
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)+ _ => None } }
        }
    };
}

list! {
    /// Who reports (`EnumSignaalpartner`).
    Partner {
        Energy = "energy", "Energie";
        Rent = "rent", "Huur";
        Mortgage = "mortgage", "Hypotheek";
        HealthAtCak = "health-cak", "CAK Zorgverzekeringen";
        Health = "health", "Zorg";
        Water = "water", "Water";
        StudentLoans = "student-loans", "DUO";
        NationalTax = "national-tax", "Belastingdienst";
        OwnContribution = "own-contribution", "CAK Eigen bijdrage";
        Other = "other", "Overige";
        Allowances = "allowances", "Dienst Toeslagen";
    }
}
list! {
    /// How contact was sought (`EnumContactsoort`).
    Channel {
        Mail = "mail", "Mail";
        Letter = "brief", "Brief";
        Text = "sms-whatsapp", "SMS/Whatsapp";
        Phone = "telefoon", "Telefoon";
        Visit = "huisbezoek", "Huisbezoek";
        Card = "kaartje", "Kaartje";
        Other = "overige", "Overige";
        Administrative = "administratief", "Administratief";
    }
}
list! {
    /// Part of the day (`EnumDagdeel`): to 12:00, to 18:00, and later.
    Daypart {
        Morning = "ochtend", "Ochtend";
        Afternoon = "middag", "Middag";
        Evening = "avond", "Avond";
    }
}
list! {
    /// What became of a signal that was not taken up, or not yet (`EnumSignaalstatus`). The list has no word for one that was.
    SignalStatus {
        NotYet = "not-yet", "Nog niet opgepakt";
        Unfounded = "error", "Niet opgepakt: onterecht signaal";
        Deceased = "deceased", "Inwoner is overleden";
        NotResident = "not-resident", "Persoon is geen inwoner (meer) in de gemeente";
        RepeatedSame = "repeated-same", "Niet opgepakt: herhaalde melding";
        OtherReason = "other-reason", "Niet opgepakt: andere reden";
    }
}
list! {
    /// What became of a case (`EnumEindresultaat`).
    EndResult {
        RepeatedSame = "repeated-same", "Niet opgepakt: herhaalde melding";
        Unfounded = "error", "Niet opgepakt: onterecht signaal";
        Deceased = "deceased", "Inwoner is overleden";
        NotResident = "not-resident", "Persoon is geen inwoner (meer) in de gemeente";
        OtherReason = "other-reason", "Niet opgepakt: andere reden";
        KnownAtDebtHelp = "known-at-debt-help", "Inwoner al bekend bij schuldhulpverlening";
        OtherTrack = "other-track", "Inwoner heeft al een ander lopend traject";
        NoContact = "no-contact", "Definitief geen contact kunnen krijgen";
        NoReaction = "no-reaction", "Geen reactie na eerder contact";
        NoHelpWanted = "no-help-wanted", "Inwoner hoeft geen hulp vanuit vroegsignalering";
        SelfSolved = "self-solved", "Inwoner heeft zelf al betaald/betalingsregeling getroffen";
        SolvedQuickfix = "solved-quickfix", "(Budget)advies en/of quick fix";
        HelpFinancial = "help-financial", "Vervolghulp en/of verwijzing financieel";
        ReferredWithoutContact = "referred-without-contact", "Verwijzing zonder contact";
        HelpOther = "help-other", "Vervolghulp en/of verwijzing niet financieel";
    }
}

impl Channel {
    /// Whether it is done at a time of the day that matters: a letter has none.
    pub const fn has_daypart(self) -> bool {
        matches!(self, Self::Phone | Self::Visit | Self::Card)
    }
}

impl EndResult {
    /// The result that the outcome of a case stands for. An end in court, or the loss of a home, says nothing of what the
    /// municipality's contact came to: then somebody has to say it.
    pub fn of_outcome(code: &str) -> Option<Self> {
        match code {
            "paid" | "plan" => Some(Self::SelfSolved),
            "below-threshold" => Some(Self::OtherReason),
            code => Self::from_code(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The national words of one list of the schema, in its order.
    fn schema(name: &str) -> Vec<String> {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../../docs/ddas/json_schema_Uitwisselmodel.json")).unwrap();
        let values = schema["$defs"][name]["enum"].as_array().unwrap().clone();
        values.into_iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_list_is_the_schemas_value_for_value() {
        macro_rules! same {
            ($($name:ident: $in_schema:literal),+) => {
                $(
                    assert_eq!($name::ALL.iter().map(|one| one.national().to_owned()).collect::<Vec<_>>(), schema($in_schema));
                    for one in $name::ALL {
                        assert_eq!($name::from_code(one.code()), Some(*one));
                    }
                )+
                let ours = [$($in_schema),+];
                let all: serde_json::Value =
                    serde_json::from_str(include_str!("../../../docs/ddas/json_schema_Uitwisselmodel.json")).unwrap();
                let lists = all["$defs"].as_object().unwrap().iter().filter(|(_, list)| list.get("enum").is_some());
                for (name, _) in lists {
                    assert!(ours.contains(&name.as_str()), "a list of the schema without a reading here: {name}");
                }
            };
        }
        same!(
            Partner: "EnumSignaalpartner",
            Channel: "EnumContactsoort",
            Daypart: "EnumDagdeel",
            SignalStatus: "EnumSignaalstatus",
            EndResult: "EnumEindresultaat"
        );
    }
}
