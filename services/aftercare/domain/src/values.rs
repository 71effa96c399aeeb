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
        /// Temporarily back (*wachtkamer*).
        TemporaryReturn = "temporary-return";
        /// Shelter in the own home (*opvang in eigen woning*).
        OwnHomeShelter = "own-home-shelter";
        /// The municipality took over the lease.
        LeaseByMunicipality = "lease-by-municipality";
        /// With family or friends (ETHOS 6).
        Family = "family";
        /// Shelter (*opvang*, ETHOS 3).
        Shelter = "shelter";
    }
}
