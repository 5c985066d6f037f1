//! The catalogue: every reason a caller may meet, with its gRPC code, its meaning and what to do about it.
//!
//! Codes are stable: they may be added, never changed or given a new meaning. `docs/errors.md` is this table.

use tonic::Code;

/// One entry of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable code.
    pub code: &'static str,
    /// gRPC status code.
    pub status: Code,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub advice: &'static str,
}

macro_rules! catalogue {
    ($($name:ident: $status:ident, $meaning:literal, $advice:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: Reason =
                Reason { code: stringify!($name), status: Code::$status, meaning: $meaning, advice: $advice };
        )*
        /// Every reason.
        pub const ALL: &[&Reason] = &[$(&$name),*];
    };
}

catalogue! {
    // Who calls.
    AUTH_MISSING: Unauthenticated, "the method needs a signed request", "sign the call with a member's or a holder's key";
    AUTH_MALFORMED: Unauthenticated, "the signed-request header cannot be read", "update the client";
    AUTH_CHAIN: Unauthenticated, "the request is signed for another chain", "use the genesis file of this chain";
    AUTH_AUDIENCE: Unauthenticated, "the request is signed for another server", "connect with the server's current endpoint file";
    AUTH_EXPIRED: Unauthenticated, "the signed request has lapsed", "check the clock and sign again";
    AUTH_LIFETIME: Unauthenticated, "the signed request is good for longer than 60 seconds", "check the clock and sign again";
    AUTH_SIGNATURE: Unauthenticated, "the signature is not over this call by this caller's current key", "check which key is in use";
    AUTH_REPLAYED: Unauthenticated, "the signed request was used before", "sign every call afresh";
    AUTH_BUSY: ResourceExhausted, "the server remembers as many calls as it can", "try again in a minute";
    CALLER_NOT_ALLOWED: PermissionDenied, "this caller may not call this method", "see who may call it in the interface";
    SERVER_BUSY: ResourceExhausted, "the server serves as many streams as it can", "try again in a minute";
    METHOD_UNKNOWN: Unimplemented, "there is no such method here", "check the server's address and version";

    // What is sent.
    ARGUMENT_INVALID: InvalidArgument, "a field of the request is not as it must be", "see the named field";
    MESSAGE_TOO_LARGE: ResourceExhausted, "the message is larger than the method allows", "send less";
    ENCODING_UNSUPPORTED: Unimplemented, "compressed messages are not taken", "send without compression";
    BODY_INCOMPLETE: InvalidArgument, "the request body ended early or took too long", "try again";
    PAGE_TOKEN_INVALID: InvalidArgument, "the page token does not belong to this list and filter", "start from the first page";
    NOT_FOUND: NotFound, "there is no such thing", "check the id";

    // The ledger's verdict on a transaction.
    TRANSACTION_REFUSED: FailedPrecondition, "the ledger refuses the transaction", "see the message";
    TRANSACTION_MALFORMED: InvalidArgument, "the bytes are not one transaction", "update the client";
    TRANSACTION_TOO_LARGE: InvalidArgument, "the transaction is larger than the chain allows", "send less";
    ACTION_NOT_ALLOWED: PermissionDenied, "this method does not take this kind of action", "use the method that does";
    SIDECAR_INVALID: InvalidArgument, "the sidecars are not those that the transaction names", "send the transaction with its own sidecars";
    AUTHORIZATION_MISSING: PermissionDenied, "the action is not signed by whom it must be", "let the right member sign";
    SIGNATURE_INVALID: PermissionDenied, "the action's signature does not verify on this chain", "check which key is in use";
    MEMBER_UNKNOWN: NotFound, "there is no such member", "let the validators register it: tacit node register";
    MEMBER_SUSPENDED: PermissionDenied, "the member is suspended", "ask the validators' operators";
    ROLE_MISSING: PermissionDenied, "the member lacks the role", "ask the validators' operators";
    VALIDATOR_NOT_ACTIVE: PermissionDenied, "the validator is not active in this epoch", "use the governance key of an active validator";
    VALIDATOR_UNKNOWN: NotFound, "no such validator is scheduled for the next epoch", "see tacit network validators";
    VALIDATOR_LAST: FailedPrecondition, "the change would leave no validator", "add another validator first";
    VALIDATORS_FULL: ResourceExhausted, "the chain has as many validators as it can have", "remove one first";
    VALIDATOR_NOT_DISTINCT: AlreadyExists, "two validators would share a name, an address or a key", "give the validator its own";
    MEMBER_NOT_SUSPENDED: FailedPrecondition, "the member is not suspended", "nothing is to be done";
    POLICY_INVALID: InvalidArgument, "the policy allows no purpose or no duration, or a duration that proofs cannot compare", "see the bounds in the specification";
    PROPOSAL_SEQUENCE: FailedPrecondition, "the validator has made another proposal meanwhile", "try again";
    PROPOSALS_FULL: ResourceExhausted, "there are too many open proposals", "withdraw one, or wait until one is decided or expires";
    PROPOSAL_UNKNOWN: NotFound, "there is no such proposal", "see tacit network proposals";
    PROPOSAL_CLOSED: FailedPrecondition, "the proposal is enacted or withdrawn", "nothing is to be done";
    PROPOSAL_EXPIRED: FailedPrecondition, "the proposal's time is over", "propose it again";
    PROPOSAL_DIFFERS: FailedPrecondition, "the vote is for another change than the proposal's", "look at the proposal again";
    PROPOSAL_VOTED: AlreadyExists, "the validator has voted for the proposal already", "wait for the other validators";
    PROPOSAL_NOT_OWN: PermissionDenied, "only its proposer takes a proposal back", "do not approve it";
    NAME_TAKEN: AlreadyExists, "another member has this name", "choose another name";
    MEMBERS_FULL: ResourceExhausted, "the chain has as many members as it can have", "nothing can be done on this chain";
    ROTATIONS_FULL: ResourceExhausted, "the member has rotated its keys as often as it may", "register a new member";
    PLATFORM_COMMITMENT_INVALID: InvalidArgument, "platforms need a platform commitment and only they have one", "make the member file again";
    KEYS_UNCHANGED: FailedPrecondition, "the keys are the current ones already", "nothing is to be done";
    AUDIT_KEY_POSSESSION_INVALID: InvalidArgument, "the audit key's proof of possession does not verify", "let the reviewer make the file again: tacit audit key";
    AUDIT_KEY_EXISTS: AlreadyExists, "the audit key is registered already", "nothing is to be done";
    AUDIT_KEY_NOT_CURRENT: FailedPrecondition, "the audit key is not the chain's current one", "make the proof again";
    ANCHOR_UNKNOWN: FailedPrecondition, "the chain does not know this anchor", "make the proof again";
    ANCHOR_TOO_OLD: FailedPrecondition, "the proof is too old", "make the proof again";
    YEAR_INVALID: FailedPrecondition, "the year is not that of the anchor", "make the proof again";
    PROOF_INVALID: FailedPrecondition, "the proof does not verify for this action on this chain", "make the proof again";
    CHECK_STALE: Aborted, "the state moved on while the transaction was checked", "try again";
    USE_SPENT: FailedPrecondition, "this use of the grant is spent", "use the next one, or ask for a new grant";
    RECEIPT_EXISTS: AlreadyExists, "the receipt is on the chain already", "fetch with it, or make a new one";
    POSITION_UNKNOWN: NotFound, "no leaf has this position yet", "check the position";
    END_SECRET_INVALID: PermissionDenied, "the revealed secret does not end this leaf", "check the position";
    NOT_CONTROLLER: PermissionDenied, "the member does not control this leaf", "let its controller sign";
    TREE_FULL: ResourceExhausted, "the note tree is full", "nothing can be done on this chain";
    RANGE_INVALID: InvalidArgument, "the range of heights is empty or not yet on the chain", "ask for a range up to the tip";
    REQUEST_REPEATED: AlreadyExists, "the same request is on the chain already", "nothing is to be done";
    REQUEST_ID_REUSED: AlreadyExists, "the request id was used for another transaction", "choose a new request id";
    STATE_UNAVAILABLE: Unavailable, "the ledger's state cannot be read now", "try again";
    MEMPOOL_FULL: ResourceExhausted, "the node has as many transactions waiting as it takes", "try again";
    NODE_STOPPING: Unavailable, "the node is stopping", "try again when it runs";
    NODE_ONLY_FOLLOWS: FailedPrecondition, "this node does not vote, and has no member in whose name it could forward", "send the transaction to a validator's node";
    BLOCK_NOT_KEPT: NotFound, "this node began with a snapshot and has no blocks below it", "ask another node";
    SNAPSHOT_OVERTAKEN: Aborted, "the state changed too much while the snapshot was read", "begin again";
    SNAPSHOT_INVALID: DataLoss, "the snapshot is damaged, or not of this chain's certified state", "fetch one from another node";
    NODE_BEHIND: Unavailable, "the server has not caught up with the chain", "try again";
    CHAIN_MISMATCH: FailedPrecondition, "the server is on another chain", "use the endpoint and genesis files of one chain";
    PROOF_OF_SERVER_INVALID: DataLoss, "the server sent something that its certificate or proof does not cover", "use another node, and tell its operator";

    // Credentials.
    OFFER_UNKNOWN: NotFound, "the issuer has no such offer open", "ask the issuer for a new offer";
    OFFER_USED: FailedPrecondition, "the offer was redeemed with other commitments", "ask the issuer for a new offer";
    POSSESSION_INVALID: InvalidArgument, "the proof that the commitments open does not verify", "make the request again";
    SCHEMA_UNKNOWN: NotFound, "the schema is not registered", "register it, or check the id";
    SCHEMA_INVALID: InvalidArgument, "the schema document is not valid", "see the message";
    CLAIMS_INVALID: InvalidArgument, "the claims do not fit the schema", "see the named claim";
    ISSUER_NOT_TRUSTED: PermissionDenied, "the credential is not by an issuer whose word is taken here", "name the issuer, if it is to be trusted";
    STATUS_UNKNOWN: FailedPrecondition, "whether the credential is revoked is not known", "give the issuer's newest status list";
    CREDENTIAL_INVALID: InvalidArgument, "the credential is not valid", "ask the issuer for a new one";
    CREDENTIAL_REVOKED: FailedPrecondition, "the credential is revoked", "ask the issuer for a new one";
    CREDENTIAL_MISSING: NotFound, "the wallet has no credential that fits", "request one: tacit wallet request-credential";
    DID_INVALID: InvalidArgument, "the DID cannot be read", "check the DID";
    DID_UNKNOWN: NotFound, "the DID has no document here", "check the DID";
    PREDICATE_INVALID: InvalidArgument, "the predicate cannot be read or does not fit the schema", "see tacit wallet prove --help";
    PREDICATE_NOT_SATISFIED: FailedPrecondition, "the credential does not satisfy the predicate", "nothing was proven or sent";

    // Documents of others: JSON, W3C formats, DID resolution.
    JSON_TOO_LARGE: InvalidArgument, "the JSON text is longer than is accepted", "send less";
    JSON_TOO_DEEP: InvalidArgument, "the JSON text nests too deeply", "see the message";
    JSON_DUPLICATE_KEY: InvalidArgument, "an object has the same key twice", "remove one of them";
    JSON_KEY_TOO_LONG: InvalidArgument, "a key is too long", "see the message";
    JSON_NUMBER: InvalidArgument, "a number is not a whole number within +-(2^53 - 1)", "write it as a text";
    JSON_SYNTAX: InvalidArgument, "the text is not JSON", "see the message";
    JSON_SHAPE: InvalidArgument, "the JSON text is not the document that is expected", "see the message";
    JSON_NOT_CANONICAL: InvalidArgument, "the JSON value has no canonical form", "see the message";
    CLAIM_NAMES_UNSIGNED: InvalidArgument, "the issuer signed what the claims mean and not what they are called, so they could be exchanged", "ask for a credential with an eddsa-jcs-2022 proof of the issuer, or an SD-JWT VC";
    CONTEXT_UNKNOWN: InvalidArgument, "a JSON-LD context is not known here, and none is ever fetched", "use a known context, or let the operator add it";
    CONTEXT_INLINE: InvalidArgument, "a context inside the document does more than name terms", "see the message";
    CONTEXT_HASH: InvalidArgument, "the context document is not the one of its digest", "check the file and its SHA-256";
    CONTEXT_SHAPE: InvalidArgument, "the file is no context document", "check which file was given";
    CONTEXT_RENAMED: InvalidArgument, "a context gives a second name to what a known context calls otherwise", "add one of the two";
    CONTEXT_NAMES_UNSIGNED: InvalidArgument, "an object in @context gives names that the issuer did not sign: who shows the credential chose them", "read those members by what they mean, or ask for an eddsa-jcs-2022 proof";
    CONTEXT_KNOWN: AlreadyExists, "there is a context of that name already", "nothing is to be done";
    RDF_NO_CONTEXT: InvalidArgument, "the document has no @context", "add the contexts that define its terms";
    RDF_UNDEFINED_TERM: InvalidArgument, "no context defines a term of the document", "add the context that does, or remove the term";
    RDF_NOT_AN_IRI: InvalidArgument, "an identifier in the document is not an absolute IRI", "write it in full";
    RDF_FEATURE: InvalidArgument, "the document uses a JSON-LD feature that is not accepted", "see the message";
    RDF_JSON_LD: InvalidArgument, "the document cannot be processed as JSON-LD", "see the message";
    RDF_TOO_LARGE: InvalidArgument, "the document makes more statements than are accepted", "send less";
    RDF_POISONED: InvalidArgument, "the document has too many nodes that cannot be told apart", "give them an id";
    PROOF_NOT_AN_OBJECT: InvalidArgument, "a secured document is a JSON object", "see the message";
    PROOF_NONE: InvalidArgument, "the document has no proof, or not a list of them", "ask who signed it";
    PROOF_OPTION_MISSING: InvalidArgument, "an option of a proof is missing or malformed", "see the message";
    PROOF_TYPE: InvalidArgument, "the proof is of another type than DataIntegrityProof", "ask for a credential with such a proof";
    PROOF_CRYPTOSUITE: InvalidArgument, "the proof's cryptosuite is not known here", "ask for eddsa-jcs-2022 or eddsa-rdfc-2022";
    PROOF_PURPOSE: InvalidArgument, "the proof is for another purpose", "do not rely on it";
    PROOF_EXPIRED: FailedPrecondition, "the proof has expired", "ask for a new one";
    PROOF_CHALLENGE: InvalidArgument, "the proof is not over the expected challenge", "do not rely on it";
    PROOF_DOMAIN: InvalidArgument, "the proof is not for the expected domain", "do not rely on it";
    PROOF_CONTEXT: InvalidArgument, "the proof's @context differs from the document's", "do not rely on it";
    PROOF_PREVIOUS: InvalidArgument, "previousProof does not name exactly one proof of the document", "do not rely on it";
    PROOF_METHOD_UNKNOWN: FailedPrecondition, "the proof's verification method cannot be resolved here", "check the DID, and that its method is known here";
    PROOF_METHOD_NOT_AUTHORIZED: FailedPrecondition, "the controller has not authorised the key for this purpose", "do not rely on it";
    PROOF_KEY_ENDED: FailedPrecondition, "the proof's key has expired or was revoked", "ask for a new proof";
    PROOF_SIGNATURE: InvalidArgument, "the signature does not verify", "do not rely on it";
    VC_NOT_AN_OBJECT: InvalidArgument, "a credential or presentation is a JSON object", "see the message";
    VC_MISSING: InvalidArgument, "a required member is missing", "see the message";
    VC_MALFORMED: InvalidArgument, "a member does not have the form that the data model gives it", "see the message";
    VC_CONTEXT: InvalidArgument, "@context is not a list that begins with the base context", "begin it with https://www.w3.org/ns/credentials/v2";
    VC_TYPE: InvalidArgument, "the document is of another type", "see the message";
    VC_NOT_A_URL: InvalidArgument, "a member that must be a URL is none", "see the message";
    VC_UNTYPED: InvalidArgument, "an object that must have a type has none", "see the message";
    VC_TIME: InvalidArgument, "a time has no zone or another form", "write it like 2026-01-31T00:00:00Z";
    VC_VALIDITY: InvalidArgument, "validFrom lies after validUntil", "see the message";
    VC_TOO_MANY: InvalidArgument, "a member has more values than are accepted", "send fewer";
    VC_RELATED_TWICE: InvalidArgument, "two related resources have the same id", "remove one of them";
    VC_RELATED_DIGEST: InvalidArgument, "a related resource has no digest that is understood", "see the message";
    VC_RELATED_CHANGED: InvalidArgument, "a related resource is not the one of its digest", "do not rely on it";
    VC_NOT_BY_ISSUER: InvalidArgument, "no proof of the credential is by its issuer", "do not rely on it";
    VC_NOT_YET_VALID: FailedPrecondition, "the credential is not valid yet", "wait, or ask the issuer";
    VC_NO_LONGER_VALID: FailedPrecondition, "the credential is not valid any more", "ask the issuer for a new one";
    VC_ENVELOPED: InvalidArgument, "the document is enveloped and not opened here", "verify what is in it by its own rules";
    VC_STATUS_SET: FailedPrecondition, "the issuer has revoked or suspended the credential", "ask the issuer";
    VP_NOT_BY_HOLDER: InvalidArgument, "no proof of the presentation is by its holder", "do not rely on it";
    VP_UNSECURED_CREDENTIAL: InvalidArgument, "a credential without proof is not the holder's own", "do not rely on it";
    VP_NOT_THE_SUBJECT: InvalidArgument, "a credential is about somebody else than the holder", "do not rely on it";
    STATUS_OTHER_TYPE: FailedPrecondition, "the status is of a type that is not known here", "ask the issuer";
    STATUS_ENTRY: InvalidArgument, "the status entry is malformed", "see the message";
    STATUS_LIST: InvalidArgument, "the status list is malformed", "tell the issuer";
    STATUS_ENCODING: InvalidArgument, "the status list's encoding is not understood", "tell the issuer";
    STATUS_TOO_LONG: InvalidArgument, "the status list is longer than is accepted", "tell the issuer";
    STATUS_TOO_SHORT: InvalidArgument, "the status list is shorter than the standard asks for", "tell the issuer";
    STATUS_VALUE: InvalidArgument, "a status does not fit into the bits of an entry", "see the message";
    STATUS_LIST_MISSING: FailedPrecondition, "the status list cannot be had here", "fetch it from its URL";
    STATUS_LIST_STALE: FailedPrecondition, "the status list is stale", "fetch it again";
    STATUS_LIST_UNVERIFIABLE: FailedPrecondition, "the status list does not verify", "tell the issuer";
    STATUS_LIST_OTHER_ISSUER: FailedPrecondition, "the status list is by another issuer", "do not rely on it";
    STATUS_LIST_OTHER: FailedPrecondition, "the status list is another one than the credential names", "do not rely on it";
    STATUS_LIST_PURPOSE: FailedPrecondition, "the status list is for another purpose", "tell the issuer";
    STATUS_LIST_RANGE: FailedPrecondition, "the status list ends before the credential's entry", "tell the issuer";
    STATUS_FOREIGN: NotFound, "the status entry is in no list of this issuer, or the credential is not its own", "see the credential's credentialStatus and issuer; at the command line give the DID that it was issued under (--did)";
    STATUS_FINAL: FailedPrecondition, "a revocation cannot be taken back", "issue a new credential, or use suspension";
    STATUS_FULL: ResourceExhausted, "the issuer's suspension lists are full", "use another issuer folder";
    SD_JWT_INVALID: InvalidArgument, "the SD-JWT, or what is to become one, breaks a rule", "see the message";
    SD_JWT_KEY_UNKNOWN: FailedPrecondition, "no key is known with which the SD-JWT's issuer could have signed it", "check the issuer, and whether its DID is resolved here";
    SD_JWT_SIGNATURE: InvalidArgument, "the signature of the SD-JWT's issuer does not verify", "do not rely on it";
    SD_JWT_NOT_YET_VALID: FailedPrecondition, "the SD-JWT is not valid yet", "wait, or check the clock";
    SD_JWT_NO_LONGER_VALID: FailedPrecondition, "the SD-JWT is no longer valid", "ask the issuer for a new one";
    SD_JWT_AUDIENCE: InvalidArgument, "the SD-JWT was issued for another audience", "do not rely on it";
    SD_JWT_KEY_BINDING: InvalidArgument, "the proof of the holder's key is not the one that this request asks for", "ask the holder to present again, with this audience and nonce";
    ISSUING_NOT_HERE: PermissionDenied, "this server does not issue", "start it with an issuer's folder: tacit w3c serve --dir ISSUER";
    TOKEN_INVALID: Unauthenticated, "the request has no bearer token, or a wrong one", "send the token of the issuer's folder: Authorization: Bearer TOKEN";
    MEDIA_TYPE: InvalidArgument, "the request's content type is not JSON", "send application/json";
    DID_METHOD_UNSUPPORTED: Unimplemented, "DIDs of this method are not resolved here", "ask a resolver that knows the method";

    // Sharing.
    REQUEST_INVALID: InvalidArgument, "the sharing request is not valid", "see the message";
    REQUEST_DENIED: FailedPrecondition, "the person denied the request", "see the person's reason";
    REQUEST_PENDING: FailedPrecondition, "the person has not answered yet", "wait: tacit platform watch";
    REQUEST_EXPIRED: FailedPrecondition, "the request has lapsed", "make a new request";
    REQUEST_WITHDRAWN: FailedPrecondition, "the request was withdrawn", "make a new request";
    REPLY_EXISTS: AlreadyExists, "the request has another answer already", "nothing was changed";
    INBOX_FULL: ResourceExhausted, "the inbox has as many requests as it takes", "try again later";
    INBOX_TAKEN: AlreadyExists, "the inbox address belongs to another key", "make a new address";
    GRANT_ENDED: FailedPrecondition, "the grant is revoked", "ask the person for a new grant";
    GRANT_EXPIRED: FailedPrecondition, "the grant's time is over or has not begun", "ask the person for a new grant";
    GRANT_USED: FailedPrecondition, "the grant was used in the range of heights", "choose a range without an access";
    GRANT_EXHAUSTED: FailedPrecondition, "the grant's uses are spent", "ask the person for a new grant";
    GRANT_INVALID: FailedPrecondition, "the grant that was delivered does not open the one on the ledger", "tell the person";
    RECORD_ENDED: FailedPrecondition, "the record is erased", "nothing can be read any more";
    RELAY_IS_GRANTEE: FailedPrecondition, "the vault's operator is the grantee: relaying this, the chain would learn who reads", "keep the document at another member's vault";
    RECEIPT_INVALID: PermissionDenied, "the receipt is not for this member, vault, object and session", "make a new access";
    RECEIPT_UNKNOWN: FailedPrecondition, "the receipt is not on the chain", "submit the access first";
    RECEIPT_TOO_OLD: FailedPrecondition, "the receipt is older than five minutes", "make a new access";
    RECEIPT_SERVED: FailedPrecondition, "the object was served under this receipt", "make a new access";
    OBJECT_UNKNOWN: NotFound, "the vault has no such object", "check the object id";
    OBJECT_INVALID: InvalidArgument, "the object's bytes are not those its id names", "upload it again";
    OBJECT_TAKEN: AlreadyExists, "the object belongs to another key", "seal it again";
    OBJECT_DAMAGED: DataLoss, "the object does not open: it was changed or belongs to another key", "nothing was written; tell the vault's operator";
    QUOTA_EXCEEDED: ResourceExhausted, "the quota is used up", "erase something, or ask the vault's operator";

    // The wallet.
    NODE_UNREACHABLE: Unavailable, "the node cannot be read", "check that it runs and that --net is right";
    NODE_UNTRUSTWORTHY: DataLoss, "the node sent something that does not verify", "use another node, and tell its operator";
    CHAIN_MOVED: Unavailable, "the chain moved on while it was read", "try again";
    WALLET_STATE: InvalidArgument, "the wallet's state cannot be used", "restore the wallet from a backup, or from its seed";
    WALLET_RETIRED: FailedPrecondition, "the wallet was moved to another device", "use it there, or restore the backup";
    PERSONA_UNKNOWN: NotFound, "the wallet has no persona of this name", "see tacit wallet persona list";
    PERSONA_MISSING: InvalidArgument, "the wallet has several personas, and none was named", "give --persona NAME; see tacit wallet persona list";
    PERSONA_EXISTS: AlreadyExists, "the wallet has a persona of this name", "take another name";
    PERSONA_NUMBER: FailedPrecondition, "the number was used, or it is not known which ones were: the wallet was brought back from its seed or a backup", "bring back lost personas first with tacit wallet persona recover NUMBER; then give --number N, higher than any that the wallet ever had";
    PERSONA_LINKED: FailedPrecondition, "it would link two personas of the wallet", "take another issuer, or work as one persona only; to do it all the same, give --yes";
    PERSONA_LIVE: FailedPrecondition, "the persona has leaves that are not ended, or may still come onto the chain", "end them with tacit wallet revoke; what was asked for and did not come lapses by itself; see tacit wallet list --persona NAME";
    PERSONA_LAST: FailedPrecondition, "it is the wallet's last persona", "end its leaves with tacit wallet revoke";
    BACKUP_MAGIC: InvalidArgument, "the file is not a wallet's backup", "give the file that tacit wallet backup wrote";
    BACKUP_VERSION: InvalidArgument, "the backup has a version that this program does not know", "use the program version that wrote it, or a newer one";
    BACKUP_PASSPHRASE: PermissionDenied, "the passphrase does not open the backup", "give the backup's passphrase; it need not be the wallet's password";
    BACKUP_DAMAGED: DataLoss, "the backup is truncated or was changed", "use another copy of it";
    BACKUP_OTHER_CHAIN: FailedPrecondition, "the backup is of a wallet of another chain", "give the net folder of its chain";
    BACKUP_COST: InvalidArgument, "the cost of the backup's key is outside the bounds, or needs more memory than there is", "use another copy of it, or a machine with more memory";
    BACKUP_TOO_LARGE: InvalidArgument, "the backup is larger than a wallet can be", "give the file that tacit wallet backup wrote";
    WALLET_OTHER_CHAIN: FailedPrecondition, "the wallet belongs to another chain", "use the wallet of this chain";
    WALLET_UNKNOWN: NotFound, "the wallet has nothing of this number", "see tacit wallet list";
    WALLET_NOT_YET: FailedPrecondition, "an earlier step has to be done first", "see the message";
    WALLET_ENDED: FailedPrecondition, "it has been ended", "make a new one";
    WALLET_FULL: ResourceExhausted, "the wallet has no room for another", "make a second wallet";
    WALLET_TEXT: InvalidArgument, "a text is too long or has control characters", "use a shorter one";
    WALLET_TOO_LARGE: InvalidArgument, "a document or message is too large", "see the message";
    WALLET_REFUSED: FailedPrecondition, "the wallet refuses", "see the message";
    PRESENTATION_INVALID: InvalidArgument, "the presentation or the request for one is not valid", "see the message";
    PRESENTATION_MISSING: FailedPrecondition, "the answer lacks the proof that was asked for", "tell the person";
    PRESENTATION_OTHER_REQUEST: FailedPrecondition, "the proof answers another request", "tell the person";
    ISSUANCE_INVALID: InvalidArgument, "the request for a credential is not valid", "ask the issuer for a new offer";
    BUNDLE_INVALID: InvalidArgument, "the bundle proves nothing", "do not rely on it";
    REQUEST_ALREADY_ANSWERED: FailedPrecondition, "the request was answered otherwise before", "nothing was changed";
    REQUEST_CHOICE: InvalidArgument, "the choice does not fit the request", "see the message";
    AUDIT_KEY_MISSING: FailedPrecondition, "the chain has no audit key yet", "let a reviewer make one (tacit audit key) and the validators register it";
    PROOF_UNTRUE: FailedPrecondition, "the statement is not true of what the wallet has", "nothing was proven or sent";
    PROVING_KEY: FailedPrecondition, "the proving key is not the one of this chain", "use the program version of this chain";
    RELAY_OUTCOME: DataLoss, "the relay's answer does not fit what was sent", "use another vault, and tell its operator";

    // The vault.
    NODE_START_FAILED: FailedPrecondition, "the node cannot start, or had to stop", "see the message";
    REQUEST_UNKNOWN: NotFound, "there is no such request", "check the request";
    REQUEST_CLOSED: FailedPrecondition, "the request is no longer open", "nothing was changed";
    REQUEST_ANSWERED: AlreadyExists, "the request has another answer already", "nothing was changed";
    ANSWER_INVALID: InvalidArgument, "the answer does not fit the request", "tell the person";
    INBOX_NOT_SEALED: InvalidArgument, "this is not a sealed message", "seal it to the inbox's key";
    INBOX_EXPIRY: InvalidArgument, "the request lapses too soon or too late", "choose another time";
    INBOX_HANDLE_USED: AlreadyExists, "the handle names another request", "choose a new handle";
    INBOX_ADDRESS_FULL: ResourceExhausted, "too many requests wait at this address", "try again later";
    INBOX_MEMBER_FULL: ResourceExhausted, "the member has too many requests at this vault", "withdraw some, or wait until they lapse";
    INBOX_VAULT_FULL: ResourceExhausted, "the vault keeps as many requests as it can", "try again later";
    GRANT_MISSING: NotFound, "there is no such grant here", "list them: tacit wallet show";
    RECEIPT_OTHER_VAULT: PermissionDenied, "the receipt is for another vault", "fetch from that vault";
    RECEIPT_OTHER_MEMBER: PermissionDenied, "the receipt is for another member", "make an access of your own";
    RECEIPT_OTHER_SESSION_KEY: PermissionDenied, "the receipt is for another session key", "use the key of this access";
    SESSION_SIGNATURE: PermissionDenied, "the fetch is not signed by the session key", "use the key of this access";
    GRANTEE_INACTIVE: PermissionDenied, "the grantee is not an active member", "ask the validators' operators";
    RECEIPT_ALREADY_SERVED: FailedPrecondition, "the object was served under this receipt", "make a new access";
    DOWNLOAD_BROKEN_OFF: Unavailable, "the download broke off", "run the command again: it goes on where it was";
    FETCH_SUPERSEDED: Aborted, "the download was resumed in another stream", "go on with that one";
    OBJECT_ERASED: NotFound, "the object was erased", "nothing can be read any more";
    OBJECT_OTHER_OWNER: AlreadyExists, "the object is stored under another key", "seal it again";
    OBJECT_OTHER_RECORD: PermissionDenied, "the object belongs to another record", "check the record";
    OBJECT_OFFSET: OutOfRange, "the object is shorter than the offset", "start from a smaller offset";
    OBJECT_SIZE: InvalidArgument, "the object is shorter or longer than the vault takes", "see the message";
    ENVELOPE_INVALID: InvalidArgument, "the sealed key or message does not open", "check who it is for";
    UPLOAD_IN_PROGRESS: Aborted, "the same object is being uploaded", "wait, then try again";
    TOO_MANY_UPLOADS: ResourceExhausted, "the vault takes as many uploads as it can", "try again later";
    SLOT_UNKNOWN: NotFound, "the vault has no backup of a wallet under this key", "turn it on: tacit wallet backup --vault on";
    SLOT_STALE: FailedPrecondition, "the backup at the vault is another than the one that this wallet wrote last: another copy of the wallet is in use", "go on with one copy only; to go on with this one: tacit wallet backup --vault on --replace";
    SLOT_SIZE: InvalidArgument, "a backup at a vault has one of a few sizes", "see the message";
    SLOT_OFF: FailedPrecondition, "the wallet keeps no backup at a vault", "turn it on: tacit wallet backup --vault on";
    SLOT_ELSEWHERE: FailedPrecondition, "the backup is on at the vault of another member", "turn it off first, with the net folder of that vault: tacit wallet backup --vault off";
    SLOT_TOO_LARGE: FailedPrecondition, "the wallet is larger than a backup at a vault can be", "back it up to a file: tacit wallet backup --out FILE";
    SLOT_DAMAGED: DataLoss, "the backup that the vault has is truncated or changed", "tell the vault's operator, or recover from the chain alone: --without-vault";
    SLOT_VERSION: FailedPrecondition, "the backup at the vault is of a version that this program does not know", "update the program";
    SLOT_OTHER_SEED: PermissionDenied, "what the vault has is the backup of another seed or chain", "check the seed and --net";
    SLOT_OTHER_REVISION: DataLoss, "the backup is not the revision that the vault says it is", "tell the vault's operator, or recover from the chain alone: --without-vault";
    VAULT_IN_USE: FailedPrecondition, "another process uses the vault's folder", "stop it first";
    VAULT_DISK_FULL: ResourceExhausted, "the vault's disk is full; nothing acknowledged is lost", "free some space and try again";
    VAULT_UNAVAILABLE: Unavailable, "the vault cannot read or write its store now", "see the vault's log";
    VAULT_DAMAGED: DataLoss, "a file of the vault is damaged", "tell the vault's operator";

    // Audit.
    SIDECAR_ERASED: NotFound, "the node no longer keeps this sidecar", "ask another node";
    REPORT_INCOMPLETE: FailedPrecondition, "the report is not complete", "see the rows that could not be opened";

    // Files, places and people.
    VERIFICATION_FAILED: FailedPrecondition, "the bundle does not verify", "do not rely on it";
    PASSWORD_WRONG: PermissionDenied, "the password does not open the file", "try again";
    PASSWORD_MISSING: InvalidArgument, "a password is needed", "give --password-file FILE, set TACIT_PASSWORD_FILE, or run in a terminal";
    FILE_MISSING: NotFound, "a file or folder is missing", "check the path";
    FILE_EXISTS: AlreadyExists, "the file or folder is there already", "choose another, or remove it";
    FILE_INVALID: InvalidArgument, "a file does not hold what it should", "check which file was given";
    FILE_FAILED: Internal, "a file could not be read or written", "check the disk and the permissions";
    DISK_FULL: ResourceExhausted, "the disk is full", "free some space and try again; nothing was lost";
    FOLDER_IN_USE: FailedPrecondition, "another process uses the folder", "stop it first";
    PORT_TAKEN: FailedPrecondition, "the address is already in use", "choose another --listen, or leave it out for a free port";
    ENDPOINT_MISSING: NotFound, "no endpoint of this kind is in the net folder", "start the server, or check --net";
    HOST_NOT_LISTED: FailedPrecondition, "the host is not among those that may be asked", "list it in the file that --hosts names";
    HOST_UNUSABLE: Unavailable, "a listed host does not answer as it must", "try again; if it stays so, see its entry in the file that --hosts names";
    UNREACHABLE: Unavailable, "the server cannot be reached", "check that it runs and that --net is right";
    TIMEOUT: DeadlineExceeded, "it took too long", "try again";
    CANCELLED: Cancelled, "it was stopped", "run the command again: it goes on where it was";
    USAGE: InvalidArgument, "the command cannot be understood", "see --help";
    STORY_FAILED: Internal, "a step did not do what it must", "see the step";
    PLAINTEXT_FOUND: Internal, "a planted value was found where only sealed data may be", "see where";
    INTERNAL: Internal, "something failed inside", "see the server's log";
    UNKNOWN: Unknown, "the server gave an error that this version does not know", "update the client";
}

/// The reason with this code.
pub fn find(code: &str) -> Option<&'static Reason> {
    ALL.iter().copied().find(|reason| reason.code == code)
}

/// The catalogue as the Markdown page `docs/errors.md`.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Errors\n\nEvery error carries `google.rpc.ErrorInfo` with domain `tacit` and one of these reasons. \
         Reasons are stable.\nThis page is made from the catalogue in `api/src/errors/catalogue.rs`; a test keeps the \
         two equal.\n\n| reason | status | meaning | what to do |\n| --- | --- | --- | --- |\n",
    );
    for reason in ALL {
        page.push_str(&format!(
            "| `{}` | {:?} | {} | {} |\n",
            reason.code, reason.status, reason.meaning, reason.advice
        ));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_every_reason_says_what_to_do() {
        let codes: BTreeSet<_> = ALL.iter().map(|reason| reason.code).collect();
        assert_eq!(codes.len(), ALL.len());
        assert!(
            ALL.iter()
                .all(|reason| !reason.meaning.is_empty() && !reason.advice.is_empty())
        );
    }

    #[test]
    fn the_page_in_docs_is_the_catalogue() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
        if std::env::var_os("TACIT_BLESS").is_some() {
            std::fs::write(path, markdown()).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            markdown(),
            "run the test with TACIT_BLESS=1"
        );
    }
}
