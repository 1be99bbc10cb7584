//! One entry of a client's configuration, read as that client reads it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use url::Url;

use crate::{
    client::Client,
    credential::option_of,
    dialect::Dialect,
    door::{Door, is_this_computer},
    node::Node,
    places::Home,
    server::{Kind, Server, Why},
    template::{Part, Reader, Template},
};

/// No server has more arguments, variables or headers.
const MOST: usize = 200;

/// What is known about an entry besides its own text.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) home: &'a Home,
    pub(crate) door: &'a Door,
    /// The project it belongs to.
    pub(crate) folder: Option<&'a Path>,
    /// Whether the client was told elsewhere not to use it.
    pub(crate) off: bool,
}

/// Reads an entry. Both may be there: a server that is known, and why it stays as it is.
pub(crate) fn read(entry: &Node, context: Context<'_>) -> (Option<Server>, Option<Why>) {
    let entry = Entry { members: entry, context, client: context.dialect.client() };
    let mut reader = Reader { filling: context.dialect.filling(), home: context.home, secrets: Vec::new() };
    let kind = entry.kind(&mut reader);
    let why = entry.why_not().err().or(kind.as_ref().err().cloned());
    (kind.ok().map(|kind| Server { kind, secrets: reader.secrets }), why)
}

struct Entry<'a> {
    members: &'a Node,
    context: Context<'a>,
    client: Client,
}

impl<'a> Entry<'a> {
    fn member(&self, name: &str) -> Result<Option<&'a Node>, Why> {
        Ok(self.members.member(name)?.filter(|value| **value != Node::Null))
    }

    fn text(&self, name: &'static str) -> Result<Option<&'a str>, Why> {
        match self.member(name)? {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Why::Shape(self.client, name)),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Why> {
        Ok(self.member(name)?.and_then(|value| if let Node::Flag(flag) = value { Some(*flag) } else { None }))
    }

    /// Names and values of an object whose values are texts.
    fn texts(&self, name: &'static str) -> Result<Vec<(&'a str, String)>, Why> {
        let wrong = || Why::Shape(self.client, name);
        let members = match self.member(name)? {
            None => return Ok(Vec::new()),
            Some(Node::Map(members)) if members.len() <= MOST => members,
            Some(_) => return Err(wrong()),
        };
        for (at, (key, _)) in members.iter().enumerate() {
            if members[..at].iter().any(|(earlier, _)| earlier == key) {
                return Err(Why::Twice(key.clone()));
            }
        }
        let set = members.iter().filter(|(_, value)| *value != Node::Null);
        set.map(|(key, value)| Ok((key.as_str(), value.as_written().ok_or_else(wrong)?))).collect()
    }

    /// Everything that speaks against taking it over, but for what is wrong with its texts.
    fn why_not(&self) -> Result<(), Why> {
        if !matches!(self.members, Node::Map(_)) {
            return Err(Why::NoObject(self.client));
        }
        if self.leads_to_doorward() {
            return Err(Why::Ours);
        }
        if self.context.off || self.flag("disabled")? == Some(true) || self.flag("enabled")? == Some(false) {
            return Err(Why::Off(self.client));
        }
        match self.context.dialect {
            Dialect::ClaudeCode => {
                self.must_not_have("headersHelper", Why::HeadersHelper)?;
                self.must_not_have("oauth", Why::SignsIn(self.client))
            }
            Dialect::ClaudeDesktop => Ok(()),
            Dialect::Cursor => {
                self.must_not_have("envFile", Why::EnvFile)?;
                self.must_not_have("auth", Why::SignsIn(self.client))
            }
            Dialect::VsCode => {
                self.must_not_have("envFile", Why::EnvFile)?;
                if self.flag("sandboxEnabled")? == Some(true) { Err(Why::Sandbox(self.client)) } else { Ok(()) }
            }
            Dialect::Codex => {
                for name in ["experimental_environment", "environment_id"] {
                    if self.text(name)?.is_some_and(|environment| environment != "local") {
                        return Err(Why::Elsewhere(self.client));
                    }
                }
                self.must_not_have("http_headers_helper", Why::HeadersHelper)?;
                ["oauth", "oauth_resource", "auth", "scopes"]
                    .into_iter()
                    .try_for_each(|name| self.must_not_have(name, Why::SignsIn(self.client)))
            }
            Dialect::Gemini => {
                self.must_not_have("tcp", Why::Transport("tcp".to_owned()))?;
                let signs_in = match self.member("oauth")? {
                    Some(oauth) => oauth.member("enabled")? != Some(&Node::Flag(false)),
                    None => self.text("authProviderType")?.is_some_and(|kind| kind != "dynamic_discovery"),
                };
                if signs_in { Err(Why::SignsIn(self.client)) } else { Ok(()) }
            }
            Dialect::Windsurf | Dialect::Devin => self.must_not_have("oauthClientId", Why::SignsIn(self.client)),
            Dialect::Zed => {
                if self.flag("remote")? == Some(true) {
                    return Err(Why::Elsewhere(self.client));
                }
                self.must_not_have("oauth", Why::SignsIn(self.client))
            }
        }
    }

    fn must_not_have(&self, name: &str, why: Why) -> Result<(), Why> {
        self.member(name)?.map_or(Ok(()), |_| Err(why))
    }

    /// Whether an address in it, or an argument of a program in between, is one of Doorward's.
    fn leads_to_doorward(&self) -> bool {
        let addresses = ["url", "httpUrl", "serverUrl"].into_iter().filter_map(|name| self.text(name).ok()?);
        let args = if let Ok(Some(Node::List(args))) = self.member("args") { args.as_slice() } else { &[] };
        let args = args.iter().filter_map(|arg| if let Node::Text(text) = arg { Some(text.as_str()) } else { None });
        addresses.chain(args).any(|text| self.context.door.leads_here(text))
    }

    fn kind(&self, reader: &mut Reader<'_>) -> Result<Kind, Why> {
        if !matches!(self.members, Node::Map(_)) {
            return Err(Why::NoObject(self.client));
        }
        // Zed once wrote the command as an object of its own.
        if self.context.dialect == Dialect::Zed
            && let Some(inner @ Node::Map(members)) = self.member("command")?
        {
            let path = inner.member("path")?.cloned().unwrap_or(Node::Null);
            let rest = members.iter().filter(|(name, _)| name != "path" && name != "command").cloned();
            let members = Node::Map(std::iter::once(("command".to_owned(), path)).chain(rest).collect());
            return Entry { members: &members, context: self.context, client: self.client }.kind(reader);
        }
        let command = self.text("command")?.filter(|command| !command.is_empty());
        match (command, self.address()?) {
            (Some(_), Some(_)) => Err(Why::Both),
            (Some(command), None) => self.stdio(command, reader),
            (None, Some(_)) if self.context.dialect == Dialect::ClaudeDesktop => Err(Why::ProgramsOnly(self.client)),
            (None, Some(address)) => self.http(address, reader),
            (None, None) if self.context.dialect == Dialect::Zed => Err(Why::Extension(self.client)),
            (None, None) => Err(Why::Nothing),
        }
    }

    /// The web address, if there is one and it is reached by streamable HTTP.
    fn address(&self) -> Result<Option<&'a str>, Why> {
        let (names, transport): (&[&'static str], _) = match self.context.dialect {
            Dialect::Gemini => (&["httpUrl", "url"], "type"),
            Dialect::Windsurf | Dialect::Devin => (&["serverUrl", "url"], "transport"),
            Dialect::ClaudeCode | Dialect::ClaudeDesktop | Dialect::Cursor | Dialect::VsCode | Dialect::Codex | Dialect::Zed => {
                (&["url"], "type")
            }
        };
        let mut found = None;
        for name in names {
            found = found.or(self.text(name)?.map(|address| (*name, address)));
        }
        let said_http = match self.text(transport)? {
            Some("http" | "streamable-http" | "streamableHttp" | "streamable_http") => true,
            Some("sse") => return Err(Why::Sse),
            None | Some("stdio") => matches!(found, Some(("httpUrl", _))),
            Some(other) => return Err(Why::Transport(other.to_owned())),
        };
        let Some((_, address)) = found else { return Ok(None) };
        // Nobody says which transport it is where clients try both; the custom is to end the path so.
        let path = address.split(['?', '#']).next().unwrap_or_default();
        if !said_http && path.trim_end_matches('/').ends_with("/sse") { Err(Why::Sse) } else { Ok(Some(address)) }
    }

    fn stdio(&self, command: &str, reader: &mut Reader<'_>) -> Result<Kind, Why> {
        let folder = match self.text("cwd")?.filter(|folder| !folder.is_empty()) {
            Some(folder) => Some(self.absolute(reader.read(folder, None, "folder")?, self.context.folder, "folder")?),
            None => self.context.folder.map(|folder| Template::of_text(&folder.to_string_lossy())),
        };
        let mut program = reader.read(command, None, "command")?;
        if program.plain().is_some_and(|plain| plain.contains(['/', '\\'])) {
            let from = folder.as_ref().and_then(Template::plain).map(PathBuf::from);
            program = self.absolute(program, from.as_deref(), "command")?;
        }
        let args = self.args(reader)?;
        let mut env = BTreeMap::new();
        for (name, value) in self.texts("env")? {
            env.insert(name.to_owned(), reader.read(&value, Some(name), name)?);
        }
        for name in self.passed_on()? {
            env.insert(name.to_owned(), Template::of_variable("", name));
        }
        Ok(Kind::Stdio { command: program, args, env, folder })
    }

    fn args(&self, reader: &mut Reader<'_>) -> Result<Vec<Template>, Why> {
        let wrong = || Why::Shape(self.client, "args");
        let args = match self.member("args")? {
            None => return Ok(Vec::new()),
            Some(Node::List(args)) if args.len() <= MOST => {
                args.iter().map(|arg| arg.as_written().ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?
            }
            Some(_) => return Err(wrong()),
        };
        let mut read = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| args.get(at)).map(String::as_str);
            let option = option_of(before, arg);
            let numbered = format!("argument-{}", at + 1);
            let fallback = option.map(|option| option.trim_start_matches('-')).filter(|name| !name.is_empty()).unwrap_or(&numbered);
            read.push(reader.read(arg, option, fallback)?);
        }
        Ok(read)
    }

    /// Codex names the variables that it passes on to a server.
    fn passed_on(&self) -> Result<Vec<&'a str>, Why> {
        let wrong = || Why::Shape(self.client, "env_vars");
        let Some(Node::List(list)) = self.member("env_vars")? else { return Ok(Vec::new()) };
        list.iter()
            .map(|variable| match variable {
                Node::Text(name) => Ok(name.as_str()),
                Node::Map(_) => {
                    if matches!(variable.member("source")?, Some(Node::Text(source)) if source == "remote") {
                        return Err(Why::Elsewhere(self.client));
                    }
                    if let Some(Node::Text(name)) = variable.member("name")? { Ok(name.as_str()) } else { Err(wrong()) }
                }
                Node::Null | Node::Flag(_) | Node::Number(_) | Node::List(_) => Err(wrong()),
            })
            .collect()
    }

    fn http(&self, address: &str, reader: &mut Reader<'_>) -> Result<Kind, Why> {
        let url = reader.read(address, None, "address")?;
        let known = match url.parts().iter().position(|part| matches!(part, Part::Variable { .. })) {
            None => address,
            // Where it leads must be known; what comes behind may be filled in.
            Some(_) => {
                address.split('$').next().filter(|known| known.matches('/').count() >= 3).ok_or(Why::Address("left-address-variable"))?
            }
        };
        check_address(known)?;
        let mut headers = BTreeMap::new();
        for name in ["headers", "http_headers"] {
            for (name, value) in self.texts(name)? {
                let earlier = headers.insert(name.to_lowercase(), reader.read(&value, Some(name), name)?);
                // Only case tells them apart, which headers do not know.
                if earlier.is_some() {
                    return Err(Why::Twice(name.to_owned()));
                }
            }
        }
        for (name, variable) in self.texts("env_http_headers")? {
            headers.insert(name.to_lowercase(), Template::of_variable("", &variable));
        }
        if let Some(variable) = self.text("bearer_token_env_var")? {
            headers.insert("authorization".to_owned(), Template::of_variable("Bearer ", variable));
        }
        if let Some(token) = self.text("bearer_token")? {
            headers.insert("authorization".to_owned(), reader.read(&format!("Bearer {token}"), Some("Authorization"), "Authorization")?);
        }
        Ok(Kind::Http { url, headers })
    }

    /// A path as it is wherever Doorward was started.
    fn absolute(&self, path: Template, from: Option<&Path>, what: &'static str) -> Result<Template, Why> {
        let Some(plain) = path.plain() else { return Ok(path) };
        // A path of another system is that system's business.
        if Path::new(&plain).is_absolute() || plain.get(1..3) == Some(":\\") || plain.starts_with("\\\\") {
            return Ok(path);
        }
        let from = from.filter(|_| !plain.starts_with('~')).ok_or(Why::Relative(what))?;
        Ok(Template::of_text(&from.join(plain.trim_start_matches("./")).to_string_lossy()))
    }
}

/// The same rules as for a server that a person adds: http on this computer, https anywhere.
fn check_address(address: &str) -> Result<(), Why> {
    let url = Url::parse(address).map_err(|_| Why::Address("left-address-none"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_this_computer(&url) => {}
        "http" => return Err(Why::Address("left-address-plain")),
        _ => return Err(Why::Address("left-address-scheme")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Why::Address("left-address-password"));
    }
    if url.fragment().is_some() { Err(Why::Address("left-address-fragment")) } else { Ok(()) }
}
