//! Codes of grounds, losses and places.

use crate::codes::coded;

coded! {
    /// Why an eviction.
    Ground {
        /// Arrears (*huurachterstand*).
        Arrears = "arrears";
        /// Nuisance (*overlast*).
        Nuisance = "nuisance";
        /// Closed by the mayor.
        Mayor = "mayor";
        /// Another.
        Other = "other";
        /// Nobody told.
        Unknown = "unknown";
    }
}

coded! {
    /// How a home was lost.
    HowLost {
        /// Evicted (*ontruimd*).
        Evicted = "evicted";
        /// The key was handed in under pressure.
        LeftUnderPressure = "left-under-pressure";
        /// Left without trace (*noorderzon*).
        LeftUnknown = "left-unknown";
    }
}

coded! {
    /// Where a household lives after all.
    Place {
        /// Back in, or never out of, the own home.
        OwnHome = "own-home";
        /// A new lease.
        NewLease = "new-lease";
        /// For some weeks in another house, with a way back (*wachtkamer*).
        TemporaryReturn = "temporary-return";
        /// Shelter in the own home (*opvang in eigen woning*).
        OwnHomeShelter = "own-home-shelter";
        /// The municipality took over the lease.
        LeaseByMunicipality = "lease-by-municipality";
        /// For good elsewhere: with family, in care, in another country.
        SettledElsewhere = "settled-elsewhere";
        /// For the time being with family or friends (ETHOS 6).
        Family = "family";
        /// Shelter (*opvang*, ETHOS 3).
        Shelter = "shelter";
    }
}

impl Place {
    /// Shelter, or a bed with family (ETHOS Light 3 and 6): still without a home, so somebody goes on looking for one.
    pub const fn is_stopgap(self) -> bool {
        matches!(self, Self::Family | Self::Shelter)
    }

    /// In the home itself: it is gone when the home is.
    pub const fn is_in_the_home(self) -> bool {
        matches!(self, Self::OwnHome | Self::OwnHomeShelter | Self::LeaseByMunicipality)
    }
}
