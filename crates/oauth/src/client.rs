//! Client registration: what was sent, and what is believed of it (RFC 7591).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    error::{Code, OAuthError},
    id::ClientId,
    link::{LeadsTo, Link},
    name::DisplayName,
    preset::RegistrationPolicy,
    redirect::{BadRedirect, RedirectSet, RedirectUri},
    scope::{ScopeNames, Scopes},
    time::UnixTime,
    token::{Management, Secret, Token},
};

/// How deep a JSON body may nest.
pub const MAX_JSON_DEPTH: usize = 32;
/// The longest text member that is kept, in bytes.
const MAX_TEXT: usize = 2_048;

/// A registration as it arrived: a JSON object and nothing more.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistrationRequest(Map<String, Value>);

/// The grant types a client can have (RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 8628 §3.4.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

impl GrantType {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::AuthorizationCode, Self::RefreshToken, Self::DeviceCode];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }

    /// Reads a name from the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == text)
    }
}

/// How a client authenticates (RFC 7591 §2 `token_endpoint_auth_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum AuthMethod {
    /// Not at all: a public client, known by nothing but its id (OAuth 2.1 §2.1).
    #[default]
    #[serde(rename = "none")]
    None,
    /// With a secret in the `Authorization` header.
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// With a secret in the body.
    #[serde(rename = "client_secret_post")]
    Post,
}

impl AuthMethod {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::None, Self::Basic, Self::Post];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }

    /// Reads a name from the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Drawn by us.
    pub id: ClientId,
    /// When it registered.
    pub issued_at: UnixTime,
    /// The name it gave itself, made safe to show.
    pub name: Option<DisplayName>,
    /// The redirects that may be used.
    pub redirect_uris: RedirectSet,
    /// What it may exchange.
    pub grant_types: Vec<GrantType>,
    /// How it authenticates.
    #[serde(default)]
    pub auth_method: AuthMethod,
    /// The scope it registered, which narrows nothing: the person decides.
    pub scope: Scopes,
    /// Names the software, self-asserted; many apps share a sample constant.
    pub software_id: Option<String>,
    /// Text members that are echoed and kept, never fetched: `client_uri`, `logo_uri`, `tos_uri`, `policy_uri`,
    /// `software_version`, `application_type`.
    pub about: Vec<(String, String)>,
}

/// The echoed members that are plain text, and those that must be web addresses.
const ABOUT_TEXT: [&str; 2] = ["software_version", "application_type"];
const ABOUT_URI: [&str; 4] = ["client_uri", "logo_uri", "tos_uri", "policy_uri"];

fn metadata(description: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(Code::InvalidClientMetadata, description)
}

impl RegistrationRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// `invalid_client_metadata` when it is not a JSON object or nests deeper than 32 levels (DCR-09).
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        if nests_deeper_than(body, MAX_JSON_DEPTH) {
            return Err(metadata("The request body nests too deeply."));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(metadata("The request body must be a JSON object.")),
            Err(_) => Err(metadata("The request body is not valid JSON.")),
        }
    }

    /// One member as it was sent.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// What can be believed of it. `names` are the scopes there are.
    ///
    /// Unsupported values are replaced or left out, and the answer is authoritative (RFC 7591 §2, §3.2.1): clients send
    /// lists for every server they know, and refusing one member would lock out the whole program.
    ///
    /// # Errors
    /// `invalid_redirect_uri` or `invalid_client_metadata`, with the sentence that says what to change.
    pub fn check(self, policy: &RegistrationPolicy, names: &ScopeNames<'_>, id: ClientId, now: UnixTime) -> Result<Client, OAuthError> {
        let grant_types = self.grant_types(policy)?;
        let redirect_uris = self.redirect_uris(policy, grant_types.contains(&GrantType::AuthorizationCode))?;
        if let Some(response_types) = self.texts("response_types")?
            && !response_types.is_empty()
            && !response_types.contains(&"code")
        {
            return Err(metadata("response_types must contain 'code'."));
        }
        if self.0.contains_key("jwks") && self.0.contains_key("jwks_uri") {
            return Err(metadata("jwks and jwks_uri must not both be present (RFC 7591 section 2)."));
        }
        let name = self.text("client_name")?.and_then(DisplayName::tame);
        if policy.name_required && name.is_none() {
            return Err(metadata("client_name is required."));
        }
        let scope = Scopes::parse(self.text("scope")?.unwrap_or_default()).map_err(|e| metadata(e.to_string()))?.registered(policy, names);
        let software_id = self.kept("software_id").map(str::to_owned);
        let about_text = ABOUT_TEXT.iter().filter_map(|member| Some((*member, self.kept(member)?)));
        let about_uri = ABOUT_URI.iter().filter_map(|member| Some((*member, self.kept(member).filter(|uri| is_web(uri))?)));
        let about = about_text.chain(about_uri).map(|(member, text)| (member.to_owned(), text.to_owned())).collect();
        let auth_method = self.auth_method(policy)?;
        Ok(Client { id, issued_at: now, name, redirect_uris, grant_types, auth_method, scope, software_id, about })
    }

    fn redirect_uris(&self, policy: &RegistrationPolicy, required: bool) -> Result<RedirectSet, OAuthError> {
        let refuse = |text: String| OAuthError::new(Code::InvalidRedirectUri, text);
        let sent = match self.0.get("redirect_uris") {
            None | Some(Value::Null) if !required => return Ok(RedirectSet::default()),
            None | Some(Value::Null) => return Err(refuse("redirect_uris is required: a list of at least one URI.".into())),
            Some(Value::Array(sent)) => sent,
            Some(_) => return Err(refuse("redirect_uris must be a list of URIs.".into())),
        };
        if sent.is_empty() && !required {
            return Ok(RedirectSet::default());
        }
        if sent.is_empty() || sent.len() > policy.max_redirect_uris {
            return Err(refuse(format!("redirect_uris must have 1 to {} members.", policy.max_redirect_uris)));
        }
        let mut usable: Vec<RedirectUri> = Vec::new();
        let mut first_unusable = None;
        for member in sent {
            let Some(text) = member.as_str() else { return Err(refuse("redirect_uris must be a list of texts.".into())) };
            match RedirectUri::parse(text, policy) {
                Ok(uri) if usable.contains(&uri) => {}
                Ok(uri) => usable.push(uri),
                Err(BadRedirect::Unusable(why)) => first_unusable = first_unusable.or(Some(why)),
                Err(BadRedirect::Dangerous(why)) => return Err(refuse(sentence(why))),
            }
        }
        RedirectSet::new(usable).ok_or_else(|| refuse(sentence(first_unusable.unwrap_or("no redirect URI can be used"))))
    }

    /// DCR-05: the intersection with what the policy allows.
    fn grant_types(&self, policy: &RegistrationPolicy) -> Result<Vec<GrantType>, OAuthError> {
        let Some(sent) = self.texts("grant_types")?.filter(|sent| !sent.is_empty()) else { return Ok(policy.default_grant_types.clone()) };
        let allowed = |grant: &GrantType| policy.grant_types.contains(grant);
        let known: Vec<GrantType> = GrantType::ALL.into_iter().filter(|grant| allowed(grant) && sent.contains(&grant.as_str())).collect();
        if known.contains(&GrantType::AuthorizationCode) || known.contains(&GrantType::DeviceCode) {
            Ok(known)
        } else {
            Err(metadata("grant_types must contain 'authorization_code'."))
        }
    }

    /// What a client asks for and cannot have is replaced, like any other value (RFC 7591 §3.2.1).
    fn auth_method(&self, policy: &RegistrationPolicy) -> Result<AuthMethod, OAuthError> {
        let asked = self.text("token_endpoint_auth_method")?.and_then(AuthMethod::parse);
        Ok(asked.filter(|method| policy.auth_methods.contains(method)).unwrap_or(policy.default_auth_method))
    }

    fn text(&self, member: &'static str) -> Result<Option<&str>, OAuthError> {
        match self.0.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(metadata(format!("{member} must be a text."))),
        }
    }

    fn texts(&self, member: &'static str) -> Result<Option<Vec<&str>>, OAuthError> {
        match self.0.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().ok_or_else(|| metadata(format!("{member} must be a list of texts."))))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(_) => Err(metadata(format!("{member} must be a list of texts."))),
        }
    }

    /// A text that is only kept and echoed: whatever cannot be kept is left out.
    fn kept(&self, member: &str) -> Option<&str> {
        let text = self.0.get(member)?.as_str()?;
        let sound = !text.is_empty() && text.len() <= MAX_TEXT && !text.chars().any(char::is_control);
        sound.then_some(text)
    }
}

/// What was issued with a registration and is shown in its answer only.
#[derive(Debug, Default)]
pub struct Issued {
    /// The secret of a confidential client, and when it ends (`None`: never).
    pub secret: Option<(Token<Secret>, Option<UnixTime>)>,
    /// Where and with what the registration is managed (RFC 7592 §3).
    pub management: Option<(String, Token<Management>)>,
}

impl Client {
    /// The answer to a registration (RFC 7591 §3.2.1), or to a look at it (RFC 7592 §3). Absent members are absent: `null`
    /// makes clients fail (protocol §0.6). With `members`, only those are told.
    pub fn answer(&self, issued: &Issued, members: &[String]) -> Value {
        let texts = |items: Vec<&str>| Value::from(items);
        let mut answer = Map::new();
        let mut tell = |member: &str, value: Value| {
            if members.is_empty() || members.iter().any(|told| told == member) {
                answer.insert(member.to_owned(), value);
            }
        };
        tell("client_id", self.id.as_str().into());
        tell("client_id_issued_at", self.issued_at.as_secs().into());
        if let Some((secret, ends_at)) = &issued.secret {
            // REVEAL: the answer is where a secret is handed out, once.
            tell("client_secret", secret.reveal().into());
            tell("client_secret_expires_at", ends_at.map_or(0, UnixTime::as_secs).into());
        }
        if let Some((uri, token)) = &issued.management {
            tell("registration_client_uri", uri.as_str().into());
            // REVEAL: the same.
            tell("registration_access_token", token.reveal().into());
        }
        if self.redirect_uris.iter().next().is_some() {
            tell("redirect_uris", texts(self.redirect_uris.iter().map(RedirectUri::as_str).collect()));
        }
        tell("grant_types", texts(self.grant_types.iter().map(|grant| grant.as_str()).collect()));
        if self.grant_types.contains(&GrantType::AuthorizationCode) {
            tell("response_types", texts(vec!["code"]));
        }
        tell("token_endpoint_auth_method", self.auth_method.as_str().into());
        if let Some(name) = &self.name {
            tell("client_name", name.as_str().into());
        }
        if !self.scope.is_empty() {
            tell("scope", self.scope.to_string().into());
        }
        if let Some(software_id) = &self.software_id {
            tell("software_id", software_id.as_str().into());
        }
        for (member, text) in &self.about {
            tell(member, text.as_str().into());
        }
        Value::Object(answer)
    }

    /// The pages of its maker that a person may have opened.
    pub fn links(&self) -> Vec<Link> {
        let named = |to: LeadsTo| self.about.iter().find(|(member, _)| member == to.member()).and_then(|(_, text)| Link::of(to, text));
        LeadsTo::ALL.into_iter().filter_map(named).collect()
    }

    /// What makes two public registrations of one App the same one: everything but the loopback ports. `None` for a client
    /// with a secret, which is unlike any other.
    pub fn likeness(&self) -> Option<[u8; 32]> {
        if self.auth_method != AuthMethod::None {
            return None;
        }
        let shapes: Vec<String> = self.redirect_uris.iter().map(RedirectUri::shape).collect();
        let alike = (&self.name, shapes, &self.grant_types, &self.scope, &self.software_id, &self.about);
        let text = serde_json::to_vec(&alike).ok()?;
        Some(Sha256::digest(text).into())
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

fn is_web(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

/// Whether brackets nest deeper than `limit`, found without building anything.
fn nests_deeper_than(body: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn register(body: Value) -> Result<Client, OAuthError> {
        RegistrationRequest::parse(body.to_string().as_bytes())?.check(
            &RegistrationPolicy::default(),
            &ScopeNames::of(&[]),
            ClientId::new(1_000, [1; 32]),
            UnixTime::from_secs(1_734_567_890),
        )
    }

    fn refused(body: Value) -> &'static str {
        register(body).expect_err("refused").code.as_str()
    }

    #[test]
    fn the_minimum_is_a_redirect_uri() {
        let client = register(json!({ "redirect_uris": ["http://127.0.0.1:51000/callback"] })).expect("registers");
        let answer = client.answer(&Issued::default(), &[]);
        assert_eq!(
            answer,
            json!({
                "client_id": client.id.as_str(),
                "client_id_issued_at": 1_734_567_890,
                "redirect_uris": ["http://127.0.0.1:51000/callback"],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
                "scope": "mcp",
            })
        );
    }

    #[test]
    fn dcr07_cursor_and_vscode_mix_and_are_kept() {
        let cursor = register(json!({
            "client_name": "Cursor",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback"
            ],
            "application_type": "web",
            "token_endpoint_auth_method": "none"
        }))
        .expect("registers");
        assert_eq!(cursor.redirect_uris.iter().count(), 3);
        let vscode = register(json!({
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "redirect_uris": [
                "https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/",
                "http://127.0.0.1:33418/", "com.example.app:/cb"
            ],
            "token_endpoint_auth_method": "none",
            "application_type": "native"
        }))
        .expect("registers");
        assert_eq!(vscode.redirect_uris.iter().count(), 4, "the scheme that is not allowed is passed over");
        assert_eq!(vscode.grant_types, GrantType::ALL);
    }

    #[test]
    fn dcr04_unknown_members_and_odd_extras_are_ignored() {
        let client = register(json!({
            "client_name": "Qwen Code MCP Client", "client_name#ja": "名前", "redirect_uris": ["http://localhost:7777/oauth/callback"],
            "scope": "", "code_challenge_method": ["S256"], "logo_uri": 5, "software_version": "", "contacts": ["a@b"]
        }))
        .expect("registers");
        let answer = client.answer(&Issued::default(), &[]);
        let members = answer.as_object().expect("an object");
        for absent in ["logo_uri", "software_version", "client_secret", "client_secret_expires_at"] {
            assert!(!members.contains_key(absent), "{absent}");
        }
        assert!(members.values().all(|v| !v.is_null() && v != ""), "DCR-03: nothing null, nothing empty");
    }

    #[test]
    fn dcr05_unsupported_values_are_replaced_and_an_empty_rest_is_refused() {
        let only_code = register(json!({ "redirect_uris": ["http://[::1]:1/"], "grant_types": ["authorization_code", "implicit"] }));
        assert_eq!(only_code.expect("registers").grant_types, [GrantType::AuthorizationCode]);
        let redirect = json!(["http://127.0.0.1:1/"]);
        assert_eq!(refused(json!({ "redirect_uris": redirect, "grant_types": ["implicit"] })), "invalid_client_metadata");
        assert_eq!(refused(json!({ "redirect_uris": redirect, "grant_types": ["refresh_token"] })), "invalid_client_metadata");
        assert_eq!(refused(json!({ "redirect_uris": redirect, "response_types": ["token"] })), "invalid_client_metadata");
    }

    #[test]
    fn dcr06_redirects_are_required_and_sound() {
        for bad in [json!(null), json!([]), json!("http://127.0.0.1/"), json!([1]), json!(["/relative"]), json!(["javascript:alert(1)"])] {
            assert_eq!(refused(json!({ "redirect_uris": bad })), "invalid_redirect_uri", "{bad}");
        }
        let with_one_dangerous = json!({ "redirect_uris": ["http://127.0.0.1:1/", "http://evil.test/"] });
        assert_eq!(refused(with_one_dangerous), "invalid_redirect_uri");
        let many: Vec<String> = (1..=11).map(|n| format!("http://127.0.0.1:{n}/{n}")).collect();
        assert_eq!(refused(json!({ "redirect_uris": many })), "invalid_redirect_uri");
        assert_eq!(refused(json!({ "client_name": "Gemini CLI (Stored OAuth)", "redirect_uris": [] })), "invalid_redirect_uri");
    }

    #[test]
    fn dcr08_two_key_sets_are_refused() {
        let both = json!({ "redirect_uris": ["http://127.0.0.1:1/"], "jwks": { "keys": [] }, "jwks_uri": "https://x.test/" });
        assert_eq!(refused(both), "invalid_client_metadata");
    }

    #[test]
    fn dcr08_grants_and_responses_that_do_not_fit_are_refused() {
        let with = |grants: Value, responses: Value| json!({ "redirect_uris": ["http://127.0.0.1:1/"], "grant_types": grants, "response_types": responses });
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        for (grants, responses) in [
            (json!(["authorization_code"]), json!(["token"])),
            (json!(["authorization_code", "refresh_token"]), json!(["id_token token"])),
            (json!(["implicit"]), json!(["token"])),
            (json!(["implicit"]), json!(["code"])),
            (json!(["refresh_token"]), json!(["code"])),
            (json!([device]), json!(["token"])),
        ] {
            assert_eq!(refused(with(grants.clone(), responses.clone())), "invalid_client_metadata", "{grants} {responses}");
        }
        // What is left out of either is filled in, and what is too much is left out of the answer.
        for (grants, responses, kept) in [
            (json!(["authorization_code"]), json!(["code", "token"]), json!(["code"])),
            (json!(["authorization_code"]), json!([]), json!(["code"])),
            (json!([]), json!(["code"]), json!(["code"])),
            (json!([device]), json!(["code"]), json!(null)),
            (json!([device]), json!([]), json!(null)),
        ] {
            let answer = register(with(grants.clone(), responses.clone())).expect("registers").answer(&Issued::default(), &[]);
            assert_eq!(answer.get("response_types").unwrap_or(&Value::Null), &kept, "{grants} {responses}");
        }
    }

    #[test]
    fn dcr09_a_body_that_is_no_object_is_refused() {
        for bad in
            ["", "[]", "null", "\"x\"", "{", "{\"a\":1,}", &"[".repeat(100_000), &format!("{}1{}", "{\"a\":".repeat(33), "}".repeat(33))]
        {
            let error = RegistrationRequest::parse(bad.as_bytes()).expect_err(bad);
            assert_eq!(error.code, Code::InvalidClientMetadata);
        }
        assert!(
            RegistrationRequest::parse(b"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}").is_ok(),
            "brackets in texts do not nest"
        );
    }

    proptest! {
        #[test]
        fn registering_never_panics(body in ".{0,300}|\\{\"redirect_uris\":\\[\"[ -~]{0,80}\"\\](,\"[a-z_]{1,20}\":[0-9\\[\\]{}\",a-z]{0,20})?\\}") {
            if let Ok(request) = RegistrationRequest::parse(body.as_bytes()) {
                let _ = request.check(&RegistrationPolicy::default(), &ScopeNames::of(&[]), ClientId::new(1_000, [0; 32]), UnixTime::from_secs(0));
            }
        }
    }
}
