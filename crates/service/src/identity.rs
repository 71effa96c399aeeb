//! Owns who is asking: bearer tokens (JWT, EdDSA only), the key that verifies them and the key that makes them.

use std::{
    fmt, fs, io,
    io::Write,
    num::NonZeroUsize,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind, get_current_timestamp};
use kernel::{Gemeentecode, ids::pseudonym};
use lru::LruCache;
use rand::TryRngCore;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tonic::{Code, Status, metadata::MetadataMap};

use crate::status;

/// Tokens whose signature was found good are remembered: a partner sends the same one with every request.
const REMEMBERED_TOKENS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4_095);
/// A clock may be off by so many seconds.
const LEEWAY: u64 = 30;

/// What somebody may be. The names in tokens and policies are those of [`Role::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A reporting partner: landlord, energy or water company, health insurer.
    Landlord,
    /// The early-signal desk (*vroegsignalering*).
    Desk,
    /// Home visits (*huisbezoek*).
    Visitor,
    /// Follows summons, hearings and evictions (*procesregie*).
    CourtLiaison,
    /// Rehousing and review of signalling-list entries (*nazorg*).
    Aftercare,
    /// Data protection officer (*functionaris gegevensbescherming*) and staff.
    PrivacyOfficer,
    /// Proposes and approves routing policies (*beleidsmedewerker*).
    PolicyOfficer,
    /// Keeps the machines running.
    Operator,
    /// One of our own processes.
    Service,
    /// The public web form: keeps and confirms forms, and nothing else.
    WebForm,
    /// A bailiff (*gerechtsdeurwaarder*): tells of evictions and hands households over, and nothing else.
    Bailiff,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::Landlord,
        Self::Desk,
        Self::Visitor,
        Self::CourtLiaison,
        Self::Aftercare,
        Self::PrivacyOfficer,
        Self::PolicyOfficer,
        Self::Operator,
        Self::Service,
        Self::WebForm,
        Self::Bailiff,
    ];

    /// The name in tokens and policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Landlord => "landlord",
            Self::Desk => "desk",
            Self::Visitor => "visitor",
            Self::CourtLiaison => "court-liaison",
            Self::Aftercare => "aftercare",
            Self::PrivacyOfficer => "privacy-officer",
            Self::PolicyOfficer => "policy-officer",
            Self::Operator => "operator",
            Self::Service => "service",
            Self::WebForm => "web-form",
            Self::Bailiff => "bailiff",
        }
    }
}

/// Text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a role expected: landlord, desk, visitor, court-liaison, aftercare, privacy-officer, policy-officer, operator, service, web-form or bailiff"
)]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(UnknownRole)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A person or a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody at work.
    Person,
    /// One of our own processes.
    Service,
}

/// Who asks, as the token says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// Staff or client id of the identity provider: a pseudonym, stored with what the actor did.
    pub id: String,
    /// Code of the organisation the actor works for.
    pub organisation: String,
    /// What the actor may be.
    pub roles: Vec<Role>,
    /// The municipalities the actor works for.
    pub gemeenten: Vec<Gemeentecode>,
    /// Person or process.
    pub kind: Kind,
}

impl Actor {
    /// Somebody at work.
    pub fn person(id: &str, organisation: &str, roles: &[Role], gemeenten: &[Gemeentecode]) -> Self {
        let kind = if roles.contains(&Role::Service) { Kind::Service } else { Kind::Person };
        Self { id: id.to_owned(), organisation: organisation.to_owned(), roles: roles.to_vec(), gemeenten: gemeenten.to_vec(), kind }
    }

    /// One of our own processes, for example `routing`.
    pub fn service(name: &str) -> Self {
        Self::person(name, "zeef", &[Role::Service], &[])
    }

    /// Has this role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// May see what belongs to this municipality; lists are filtered with it.
    pub fn sees(&self, gemeente: Gemeentecode) -> bool {
        self.is(Role::Service) || self.is(Role::Operator) || self.gemeenten.contains(&gemeente)
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    org: String,
    roles: Vec<String>,
    #[serde(default)]
    gemeenten: Vec<Gemeentecode>,
    exp: u64,
}

/// A key that could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the identity key {file}")]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the identity key {file}")]
    Unwritable {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not the right kind of key.
    #[error("{file} holds no Ed25519 {wanted} key in PEM (PKCS #8); `openssl genpkey -algorithm ed25519` makes one")]
    NotAKey {
        /// Which file.
        file: PathBuf,
        /// What was expected.
        wanted: &'static str,
    },
    /// The system gave no random bytes.
    #[error("no random bytes from the system")]
    NoRandomness(#[source] rand::rand_core::OsError),
}

/// Verifies tokens.
#[derive(Clone)]
pub struct Identity {
    key: DecodingKey,
    validation: Validation,
    known: Arc<Mutex<Known>>,
}

/// By a token's SHA-256: when it ends (seconds since 1970), and whose it is.
type Known = LruCache<[u8; 32], (u64, Actor)>;

impl Identity {
    /// Reads the key that tokens are verified with, from a public or a private PEM.
    ///
    /// # Errors
    /// [`KeyError`] with the file.
    pub fn from_key_file(file: &Path) -> Result<Self, KeyError> {
        let pem = read(file)?;
        let key = if pem.contains("PRIVATE KEY") {
            SigningKey::from_pkcs8_pem(&pem).map(|key| key.verifying_key()).ok()
        } else {
            VerifyingKey::from_public_key_pem(&pem).ok()
        };
        let key = key.ok_or_else(|| KeyError::NotAKey { file: file.to_owned(), wanted: "public or private" })?;
        Ok(Self::verifying(&key))
    }

    fn verifying(key: &VerifyingKey) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self { key: DecodingKey::from_ed_der(key.as_bytes()), validation, known: Arc::new(Mutex::new(LruCache::new(REMEMBERED_TOKENS))) }
    }

    /// Who sent a request with this metadata.
    ///
    /// # Errors
    /// UNAUTHENTICATED, with what to do about it: no token, a token of another key, an expired one.
    pub fn verify(&self, metadata: &MetadataMap) -> Result<Actor, Status> {
        let Some(token) = metadata.get("authorization").and_then(|value| value.to_str().ok()).and_then(bearer) else {
            return Err(unauthenticated(
                "token-missing",
                "no token: send `authorization: Bearer <token>`; the zeef command does so when it finds the key in ZEEF_IDENTITY_KEY",
            ));
        };
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some((ends, actor)) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&digest)
            && get_current_timestamp() <= ends.saturating_add(LEEWAY)
        {
            return Ok(actor.clone());
        }
        let claims = match jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation) {
            Ok(token) => token.claims,
            Err(error) => {
                return Err(match error.kind() {
                    ErrorKind::ExpiredSignature => unauthenticated("token-expired", "the token has expired: ask for a new one"),
                    ErrorKind::ImmatureSignature => unauthenticated("token-not-yet-valid", "the token is not valid yet"),
                    ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => unauthenticated(
                        "token-not-trusted",
                        "the token was not signed (EdDSA) by the key this service trusts: is ZEEF_IDENTITY_KEY the right one?",
                    ),
                    _ => unauthenticated("token-malformed", "not a token with the claims sub, org, roles, gemeenten and exp"),
                });
            }
        };
        // A role of a newer release grants nothing here.
        let roles: Vec<Role> = claims.roles.iter().filter_map(|role| role.parse().ok()).collect();
        // Both are stored with what is done, for ever.
        let (Ok(id), Ok(organisation)) = (pseudonym(&claims.sub), pseudonym(&claims.org)) else {
            let text = "sub and org must be codes (letters, digits and . _ @ - : |, no spaces, no name): they are stored with what is done";
            return Err(unauthenticated("token-malformed", text));
        };
        let actor = Actor::person(&id, &organisation, &roles, &claims.gemeenten);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).put(digest, (claims.exp, actor.clone()));
        Ok(actor)
    }
}

fn unauthenticated(reason: &str, text: &str) -> Status {
    status::coded(Code::Unauthenticated, reason, text)
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Makes tokens: for the demo, tests and the command line on the same machine. In production an identity provider does.
#[derive(Clone)]
pub struct Issuer {
    key: EncodingKey,
    public: VerifyingKey,
}

impl Issuer {
    /// Reads the private key in `file`; makes one (PKCS #8 PEM, mode 0600) when there is none.
    ///
    /// # Errors
    /// [`KeyError`] with the file.
    pub fn create_or_load(file: &Path) -> Result<Self, KeyError> {
        if !file.exists() {
            create(file)?;
        }
        Self::load(file)
    }

    /// Reads the private key in `file`.
    ///
    /// # Errors
    /// [`KeyError`] with the file.
    pub fn load(file: &Path) -> Result<Self, KeyError> {
        let wrong = || KeyError::NotAKey { file: file.to_owned(), wanted: "private" };
        let key = SigningKey::from_pkcs8_pem(&read(file)?).map_err(|_| wrong())?;
        let der = key.to_pkcs8_der().map_err(|_| wrong())?;
        Ok(Self { key: EncodingKey::from_ed_der(der.as_bytes()), public: key.verifying_key() })
    }

    /// Verifies what this issuer makes.
    pub fn identity(&self) -> Identity {
        Identity::verifying(&self.public)
    }

    /// The public key as PEM: all that a service needs to verify.
    pub fn public_pem(&self) -> String {
        self.public.to_public_key_pem(LineEnding::LF).unwrap_or_default()
    }

    /// A token for `actor` that ends after `lasts`, by the machine's clock: expiry is about keys, not about cases.
    ///
    /// # Errors
    /// INTERNAL when signing fails.
    pub fn token(&self, actor: &Actor, lasts: SignedDuration) -> Result<String, Status> {
        let claims = Claims {
            sub: actor.id.clone(),
            org: actor.organisation.clone(),
            roles: actor.roles.iter().map(ToString::to_string).collect(),
            gemeenten: actor.gemeenten.clone(),
            exp: get_current_timestamp().saturating_add_signed(lasts.as_secs()),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.key).map_err(|error| status::internal(&error))
    }
}

fn read(file: &Path) -> Result<String, KeyError> {
    fs::read_to_string(file).map_err(|source| KeyError::Unreadable { file: file.to_owned(), source })
}

fn create(file: &Path) -> Result<(), KeyError> {
    let mut seed = [0; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut seed).map_err(KeyError::NoRandomness)?;
    let pem = SigningKey::from_bytes(&seed)
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|_| KeyError::NotAKey { file: file.to_owned(), wanted: "private" })?;
    write_new(file, pem.as_bytes()).map_err(|source| KeyError::Unwritable { file: file.to_owned(), source })
}

/// Written whole before it has its name, so that processes that start together never read half a key; the first name wins.
fn write_new(file: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    let mut open = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    open.write_all(content)?;
    open.sync_all()?;
    let named = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match named {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tonic_types::StatusExt;

    use super::*;

    fn metadata(value: &str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert("authorization", value.parse().unwrap());
        metadata
    }

    fn reason(answer: Result<Actor, Status>) -> String {
        let status = answer.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        status.get_details_error_info().unwrap().reason
    }

    fn visitor() -> Actor {
        Actor::person("p-7", "0363", &[Role::Visitor, Role::Desk], &["0363".parse().unwrap()])
    }

    #[test]
    fn a_token_says_who_it_is_for_as_long_as_it_lasts() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keys/identity.pem");
        let issuer = Issuer::create_or_load(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "no draft is left");
        let token = issuer.token(&visitor(), SignedDuration::from_mins(5)).unwrap();

        let public = dir.path().join("public.pem");
        fs::write(&public, issuer.public_pem()).unwrap();
        for key in [&file, &public] {
            let identity = Identity::from_key_file(key).unwrap();
            assert_eq!(identity.verify(&metadata(&format!("Bearer {token}"))).unwrap(), visitor());
            assert_eq!(identity.verify(&metadata(&format!("bearer  {token}"))).unwrap(), visitor());
        }
        let again = Issuer::create_or_load(&file).unwrap();
        assert_eq!(again.public_pem(), issuer.public_pem());
    }

    #[test]
    fn missing_expired_forged_and_altered_tokens_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let issuer = Issuer::create_or_load(&dir.path().join("ours.pem")).unwrap();
        let stranger = Issuer::create_or_load(&dir.path().join("theirs.pem")).unwrap();
        let identity = issuer.identity();
        let check = |token: String| reason(identity.verify(&metadata(&format!("Bearer {token}"))));

        assert_eq!(reason(identity.verify(&MetadataMap::new())), "token-missing");
        assert_eq!(reason(identity.verify(&metadata("Basic emVlZg=="))), "token-missing");
        assert_eq!(check(issuer.token(&visitor(), SignedDuration::from_mins(-5)).unwrap()), "token-expired");
        assert_eq!(check(stranger.token(&visitor(), SignedDuration::from_mins(5)).unwrap()), "token-not-trusted");
        assert_eq!(check("nonsense".to_owned()), "token-malformed");
        // What is stored with every act is a code, never a full name.
        for (id, organisation) in [("Vera Verzonnen", "x"), ("p-7", "Wonen te Waterveen")] {
            let named = Actor::person(id, organisation, &[Role::Desk], &[]);
            assert_eq!(check(issuer.token(&named, SignedDuration::from_mins(5)).unwrap()), "token-malformed");
        }

        let good = issuer.token(&visitor(), SignedDuration::from_mins(5)).unwrap();
        let other = issuer.token(&Actor::service("x"), SignedDuration::from_mins(5)).unwrap();
        let (parts, of_other): (Vec<_>, Vec<_>) = (good.split('.').collect(), other.split('.').collect());
        assert_eq!(check([parts[0], of_other[1], parts[2]].join(".")), "token-not-trusted");

        // The same claims, signed with the public key as if it were a shared secret, or not at all.
        let claims = Claims { sub: "p-7".into(), org: "x".into(), roles: vec!["service".into()], gemeenten: vec![], exp: u64::MAX / 2 };
        let secret = EncodingKey::from_secret(issuer.public_pem().as_bytes());
        let hmac = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap();
        assert_eq!(check(hmac), "token-not-trusted");
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
        assert_eq!(check(unsigned), "token-malformed");
    }

    #[test]
    fn a_token_that_was_good_once_still_ends() {
        let dir = tempfile::tempdir().unwrap();
        let issuer = Issuer::create_or_load(&dir.path().join("key.pem")).unwrap();
        let token = issuer.token(&visitor(), SignedDuration::from_mins(5)).unwrap();
        let (identity, sent) = (issuer.identity(), metadata(&format!("Bearer {token}")));
        assert_eq!(identity.verify(&sent).unwrap(), visitor());
        assert_eq!(identity.verify(&sent).unwrap(), visitor());
        // One that was good, is remembered, and has ended since.
        let past = issuer.token(&visitor(), SignedDuration::from_secs(-40)).unwrap();
        let ended = get_current_timestamp() - 40;
        identity.known.lock().unwrap().put(Sha256::digest(&past).into(), (ended, visitor()));
        assert_eq!(reason(identity.verify(&metadata(&format!("Bearer {past}")))), "token-expired");
    }

    #[test]
    fn a_role_of_a_newer_release_grants_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let issuer = Issuer::create_or_load(&dir.path().join("key.pem")).unwrap();
        let claims = Claims {
            sub: "p".into(),
            org: "x".into(),
            roles: vec!["emperor".into()],
            gemeenten: vec![],
            exp: get_current_timestamp() + 60,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &issuer.key).unwrap();
        assert_eq!(issuer.identity().verify(&metadata(&format!("Bearer {token}"))).unwrap().roles, []);
    }

    #[test]
    fn a_wrong_key_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("wrong.pem");
        let absent = Identity::from_key_file(&file).err().unwrap().to_string();
        fs::write(&file, "no key").unwrap();
        let wrong = Identity::from_key_file(&file).err().unwrap().to_string();
        assert!(absent.contains("wrong.pem") && wrong.contains("openssl genpkey"), "{absent} {wrong}");
        assert!(Issuer::create_or_load(&file).is_err(), "a file that is there is never replaced");
    }
}
