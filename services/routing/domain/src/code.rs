//! Closed lists of codes: stable, lower-case, dashed, the same in policy files, stored events and contracts.

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All of them, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// All codes, for messages.
            pub const CODES: &'static [&'static str] = &[$($code,)+];
            /// Stable, lower-case, dashed.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }
            /// The one with this code, if there is one.
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)+ _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.code()) }
        }
    };
}

codes! {
    /// How hard a case is worked on; a later one is a higher one.
    Track {
        /// The ordinary approach after a first report (*vroegsignalering*).
        Early = "early";
        /// One dedicated worker, more channels (*intensieve aanpak*).
        Intensive = "intensive";
        /// Quick and at the door (*crisisinterventie*).
        Crisis = "crisis";
        /// A person decides what is left to try (*teamleider*).
        TeamLead = "team-lead";
    }
}

codes! {
    /// What made a route necessary.
    Because {
        /// A report of arrears was accepted.
        Signal = "signal";
        /// Every attempt of the plan was made and nobody was reached.
        Exhausted = "exhausted";
        /// An eviction was announced (*aanzegging van de ontruiming*).
        Court = "court";
        /// The case came in through a court or bailiff, without a report.
        Opened = "opened";
        /// The household asked for help itself (*eigen verzoek*).
        Request = "request";
        /// The household told of a threat to its home or its supplies (*bedreigende situatie*, Wgs art. 4 lid 2).
        Threat = "threat";
        /// A partner reported a crisis (*crisissignaal*): supply that ends, or what it calls a crisis (Wgs art. 4 lid 2).
        Crisis = "crisis";
        /// A writ was served (*dagvaarding*); whether that leads to anything is a policy's own choice.
        Writ = "writ";
        /// A person chose.
        Override = "override";
    }
}

codes! {
    /// How soon somebody must look (*voorrang*): a class with a reason, never a score; a later one is sooner.
    Priority {
        /// In turn (*gewoon*).
        Ordinary = "ordinary";
        /// Before the ordinary ones (*hoog*).
        High = "high";
        /// Today (*spoed*).
        Acute = "acute";
    }
}

codes! {
    /// The facts a policy may look at, in the order they are told; see [`Name::about`].
    Name {
        /// What made a route necessary.
        Because = "because";
        /// The track that was tried in vain.
        From = "from";
        /// Who reports.
        Kind = "kind";
        /// Arrears, euro cents, rounded down to full tens of euros.
        AmountCents = "amount_cents";
        /// Full months between the date of origin of the arrears and the receipt.
        Months = "months";
        /// The landlord is a private person or company, no housing corporation.
        PrivateLandlord = "private_landlord";
        /// Energy, water or heat is about to end (*eindelevering*).
        FinalSupply = "final_supply";
        /// By what contract the tenant lives there.
        Contract = "contract";
        /// The chart's step at which the case came in.
        Step = "step";
        /// Social assistance (*bijstandsuitkering*).
        Benefit = "benefit";
        /// Somebody in the household has a business (*ondernemer*).
        Entrepreneur = "entrepreneur";
        /// The municipality's own code of a district (*wijk*).
        District = "district";
    }
}

codes! {
    /// Why a team could not take a case in time.
    WhyNot {
        /// As many cases began there as hold in a week (*vol*).
        Full = "full";
        /// It was away (*afwezig*).
        Absent = "absent";
    }
}

codes! {
    /// Who told a fact.
    Source {
        /// The partner who reported.
        Partner = "partner";
        /// A court or bailiff.
        Court = "court";
        /// The household itself.
        Household = "household";
        /// Our own attempts to make contact.
        Outreach = "outreach";
        /// A register of the municipality itself.
        Municipality = "municipality";
        /// A worker's choice.
        Staff = "staff";
    }
}

codes! {
    /// Who reports (*vastelastenpartner*).
    Kind {
        /// Landlord (*huur*).
        Rent = "rent";
        /// Electricity, gas or heat (*energie*).
        Energy = "energy";
        /// Drinking water.
        Water = "water";
        /// Health insurer (*zorgverzekeraar*).
        Health = "health";
    }
}

codes! {
    /// By what contract the tenant lives there (*soort huurcontract*).
    Contract {
        /// For an indefinite time (*onbepaalde tijd*).
        Regular = "regular";
        /// For a definite time (*tijdelijk*).
        Temporary = "temporary";
        /// Guarding an empty building (*antikraak*).
        PropertyGuardian = "property-guardian";
        /// As long as somebody studies (*campuscontract*).
        Campus = "campus";
        /// With a job (*dienstwoning*).
        Employer = "employer";
        /// From an organisation that rents it itself (*intermediaire verhuur*).
        Intermediate = "intermediate";
        /// For a stay that is short by its nature (*short stay*).
        ShortStay = "short-stay";
        /// Something else.
        Other = "other";
    }
}

codes! {
    /// How contact is sought: DDAS EnumContactsoort, lower case.
    Channel {
        /// Telephone.
        Phone = "telefoon";
        /// At the door.
        Visit = "huisbezoek";
        /// Letter.
        Letter = "brief";
        /// Handwritten card.
        Card = "kaartje";
        /// Text message.
        Message = "sms-whatsapp";
        /// E-mail.
        Mail = "mail";
    }
}

codes! {
    /// Part of the day: DDAS EnumDagdeel, lower case.
    Daypart {
        /// Until noon.
        Morning = "ochtend";
        /// Noon to six.
        Afternoon = "middag";
        /// From six.
        Evening = "avond";
    }
}
