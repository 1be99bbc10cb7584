//! The only "yes" without a person, and every rule that says whether to ask one.
//!
//! Connecting always asks. A call passes only on a grant that holds. No rule, no grant, no person: no.

use std::sync::LazyLock;

use crate::{
    consent::WhyAsked,
    error::{Code, OAuthError},
    grant::Grant,
    id::{AppId, ServerName},
    name::{DisplayName, Look},
    time::UnixTime,
    tool::{Looked, Mode},
};

/// Why a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// This App was never allowed to use this server.
    FirstTime,
    /// It was, and signs in again.
    SigningInAgain,
}

/// What a person paused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Paused {
    /// All there is.
    #[error("Doorward is paused on this computer.")]
    Everything,
    /// The App that asks.
    #[error("The user has paused this app in Doorward.")]
    App,
    /// The server it is about.
    #[error("The user has paused the server \u{201c}{0}\u{201d} in Doorward.")]
    Server(ServerName),
}

/// What to do with a sound authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connect {
    /// Put the question to a person.
    Ask(Why),
    /// No, without a question.
    Refuse(OAuthError),
}

/// Decides about a connection. Never a silent yes: an unproven client is asked about each time (OAuth 2.1 §7.3.1, AZ-14).
pub fn connect(known: Option<&Grant>, now: UnixTime, silent: bool, paused: Option<&Paused>) -> Connect {
    if let Some(paused) = paused {
        return Connect::Refuse(OAuthError::new(Code::TemporarilyUnavailable, paused.to_string()));
    }
    if silent {
        return Connect::Refuse(OAuthError::new(Code::InteractionRequired, "Doorward always asks the person at the computer."));
    }
    match known {
        Some(grant) if grant.holds_at(now) => Connect::Ask(Why::SigningInAgain),
        Some(_) | None => Connect::Ask(Why::FirstTime),
    }
}

/// An App by what a person knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Which App.
    pub app: AppId,
    /// The name it gave itself.
    pub name: String,
    /// Its program, as shown; `None`: could not be told.
    pub program: Option<String>,
}

/// The program that a person knows by the name of an App which was never allowed anything itself. `allowed` are Apps that were, the
/// newest first, with at least one for each name like it and program.
pub fn known_as(own: &Named, allowed: &[Named]) -> Option<String> {
    let folded = |named: &Named| DisplayName::tame(&named.name).map(|name| name.folded());
    let name = folded(own)?;
    let same: Vec<&Named> = allowed.iter().filter(|known| folded(known).as_ref() == Some(&name)).collect();
    // The program is known by this name, too, as another App: it came with other addresses.
    let is_known = |known: &&Named| known.app == own.app || (known.program.is_some() && known.program == own.program);
    if same.iter().any(is_known) { None } else { same.iter().find_map(|known| known.program.clone()) }
}

/// Programs that many people have: the names that are worth imitating before a person has allowed anything.
pub const WELL_KNOWN: [&str; 32] = [
    "Amp",
    "Augment Code",
    "ChatGPT",
    "Claude",
    "Claude Code",
    "Claude Desktop",
    "Cline",
    "Codex",
    "Continue",
    "Copilot",
    "Cursor",
    "Gemini CLI",
    "GitHub Copilot",
    "Goose",
    "IntelliJ IDEA",
    "JetBrains",
    "Kiro",
    "LM Studio",
    "LibreChat",
    "MCP Inspector",
    "Open WebUI",
    "Postman",
    "Qwen Code",
    "Raycast",
    "Roo Code",
    "Visual Studio Code",
    "VS Code",
    "Warp",
    "Windsurf",
    "Zed",
    "mcp-remote",
    "opencode",
];

/// What they look like.
static WELL_KNOWN_LOOKS: LazyLock<Vec<(&str, Look)>> =
    LazyLock::new(|| WELL_KNOWN.into_iter().filter_map(|name| Some((name, DisplayName::tame(name)?.look()))).collect());

/// The name that an App's name looks like and is not: that of an App which was allowed something, or of a program that many people have.
/// `allowed` as for [`known_as`].
pub fn looks_like(own: &Named, allowed: &[Named]) -> Option<String> {
    let look = DisplayName::tame(&own.name)?.look();
    if allowed.iter().any(|known| known.app == own.app) {
        return None;
    }
    let mut known = allowed.iter().filter_map(|known| DisplayName::tame(&known.name));
    let imitated = known.find(|known| look.is_taken_for(&known.look())).map(|known| known.as_str().to_owned());
    imitated.or_else(|| WELL_KNOWN_LOOKS.iter().find(|(_, known)| look.is_taken_for(known)).map(|(name, _)| (*name).to_owned()))
}

/// What to do with a call to a guarded server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Pass it on.
    Allow,
    /// The token opens nothing here (RFC 6750 §3.1 `invalid_token`).
    RefuseToken,
    /// A person paused it.
    RefusePaused(Paused),
}

/// Decides about a call to `server` with a token of `grant` that lives until `token_ends`.
pub fn call(grant: &Grant, token_ends: UnixTime, server: &ServerName, now: UnixTime, paused: Option<Paused>) -> Call {
    let good_here = grant.server == *server && grant.holds_at(now) && now < token_ends;
    match (good_here, paused) {
        (false, _) => Call::RefuseToken,
        (true, Some(paused)) => Call::RefusePaused(paused),
        (true, None) => Call::Allow,
    }
}

/// What to do with a call of one tool, on a grant that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolCall {
    /// Pass it on.
    Pass,
    /// Hold it and ask.
    Ask(WhyAsked),
    /// The tool is paused for everybody: it is not what somebody looked at.
    RefuseChanged,
    /// The server lists no such tool.
    RefuseUnknown,
}

/// Decides about a call of a tool. `looked` is `None` for one that the server does not list; `mode` is what holds for the App.
pub const fn tool_call(looked: Option<Looked>, mode: Mode) -> ToolCall {
    match (looked, mode) {
        (None, _) => ToolCall::RefuseUnknown,
        (Some(Looked::Changed), _) => ToolCall::RefuseChanged,
        (Some(Looked::Known), Mode::Allow) => ToolCall::Pass,
        (Some(Looked::Known), Mode::Ask) => ToolCall::Ask(WhyAsked::EachTime),
        // What nobody looked at is hidden, whatever a rule says.
        (Some(Looked::Known), Mode::Hide) | (Some(Looked::New), _) => ToolCall::Ask(WhyAsked::NotAllowedYet),
    }
}

/// Whether an App finds a tool in the server's list.
pub const fn is_listed(looked: Looked, mode: Mode) -> bool {
    matches!((looked, mode), (Looked::Known, Mode::Allow | Mode::Ask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{ClientId, GrantId},
        scope::Scopes,
    };

    const NOW: UnixTime = UnixTime::from_secs(1_000);
    const LATER: UnixTime = UnixTime::from_secs(2_000);
    const EARLIER: UnixTime = UnixTime::from_secs(500);

    fn server(name: &str) -> ServerName {
        ServerName::parse(name).expect("a name")
    }

    fn grant(ends_at: UnixTime) -> Grant {
        Grant {
            id: GrantId::from_text("g"),
            app: AppId::from_text("a"),
            client: ClientId::from_text("c"),
            server: server("files"),
            scopes: Scopes::parse("files").expect("sound"),
            created_at: EARLIER,
            last_used_at: None,
            ends_at,
        }
    }

    #[test]
    fn a_name_is_known_from_another_program_unless_this_one_is_known_by_it_too() {
        let app = |id: &str, name: &str, program: Option<&str>| Named {
            app: AppId::from_text(id),
            name: name.into(),
            program: program.map(str::to_owned),
        };
        let (new, old, older) = (app("n", "AGENT", Some("/new")), app("o", "Agent", Some("/old")), app("e", "agent", Some("/older")));
        let known = |allowed: &[&Named]| known_as(&new, &allowed.iter().map(|known| (*known).clone()).collect::<Vec<_>>());
        assert_eq!(known(&[&old, &older]).as_deref(), Some("/old"), "the one allowed last");
        assert_eq!(known(&[&app("x", "Other", Some("/old"))]), None);
        assert_eq!(known(&[&old, &app("y", "Agent", Some("/new"))]), None, "with other addresses");
        assert_eq!(known(&[&old, &new]), None, "allowed itself");
        assert_eq!(known(&[&app("z", "Agent", None)]), None, "there is no program to name");
        let unseen = app("u", "Agent", None);
        assert_eq!(known_as(&unseen, &[app("z", "Agent", None), old]).as_deref(), Some("/old"), "two that cannot be told are not the same");
    }

    fn named(name: &str) -> Named {
        Named { app: AppId::from_text(name), name: name.to_owned(), program: None }
    }

    /// Letters that look like these, from other scripts and from other places of Unicode.
    const LIKE: [(char, &str); 17] = [
        ('a', "аɑ𝐚ａ"),
        ('c', "сϲ𝐜ｃ"),
        ('e', "е𝐞ｅ"),
        ('i', "і𝐢ｉ"),
        ('l', "1Iӏ𝐥ｌ"),
        ('n', "ո𝐧ｎ"),
        ('o', "οо0𝐨ｏ"),
        ('p', "рρ𝐩ｐ"),
        ('s', "ѕ𝐬ｓ"),
        ('u', "υ𝐮ｕ"),
        ('x', "х𝐱ｘ"),
        ('A', "АΑ𝐀Ａ"),
        ('C', "СϹ𝐂Ｃ"),
        ('G', "Ԍ𝐆Ｇ"),
        ('I', "lІΙ𝐈"),
        ('S', "Ѕ𝐒Ｓ"),
        ('V', "ѴⅤ𝐕"),
    ];

    #[test]
    fn sec_d1_names_that_look_like_known_ones_are_recognised() {
        let imitations: Vec<(&str, String)> = WELL_KNOWN
            .into_iter()
            .flat_map(|name| LIKE.into_iter().flat_map(move |(letter, like)| like.chars().map(move |other| (name, letter, other))))
            .filter(|(name, letter, _)| name.contains(*letter))
            .map(|(name, letter, other)| (name, name.replacen(letter, &other.to_string(), 1)))
            .collect();
        let missed: Vec<_> =
            imitations.iter().filter(|(name, written)| looks_like(&named(written), &[]).as_deref() != Some(*name)).collect();
        assert!(imitations.len() >= 200 && missed.len() * 100 <= imitations.len(), "{} of {}: {missed:?}", missed.len(), imitations.len());

        let mine = named("Invoices");
        assert_eq!(looks_like(&named("lnvoices"), std::slice::from_ref(&mine)).as_deref(), Some("Invoices"), "one that a person knows");
        assert_eq!(looks_like(&named("lnvoices"), &[mine, named("lnvoices")]), None, "allowed itself");
        assert_eq!(looks_like(&named("Сlaude Code (files)"), &[]).as_deref(), Some("Claude Code"), "whatever stands in brackets");
    }

    #[test]
    fn sec_d1_names_of_real_programs_are_not_taken_for_others() {
        const REAL: &str = "5ire, AgentAI, AgenticFlow, AIQL TUUI, Amazon Q CLI, Amazon Q IDE, Amp, Apify MCP Tester, Apigene MCP Client, \
            Augment Code, Avatar Shell, BeeAI Framework, BoltAI, Call Chirp, Chatbox, ChatFrame, ChatGPT, ChatWise, Chorus, \
            Claude, Claude Code, Claude Code (files), Claude Desktop, Claude.ai, claude-ai, Cline, CodeGPT, Codex, Codex CLI, codex-mcp-client, \
            Continue, Copilot-MCP, Cursor, cursor-vscode, Daydreams, ECA, Emacs Mcp, fast-agent, FlowDown, FLUJO, Genkit, Glama, Gemini CLI, \
            gemini-cli-mcp-client, GenAIScript, Goose, GitHub Copilot CLI, GitHub Copilot coding agent, gptme, HyperAgent, IntelliJ IDEA, \
            JetBrains AI Assistant, JetBrains Junie, Jenova, Kilo Code, Kiro, Klavis AI, Langdock, LangGraph, Langflow, LibreChat, LM Studio, \
            LM-Kit.NET, Lutra, mcp-agent, mcp-client-chatbot, MCP Bundler, mcp-use, MCPHub, MCPJam, MCPOmni-Connect, Memex, Memgraph Lab, \
            Microsoft Copilot Studio, MindPal, Mistral AI: Le Chat, modelcontextchat.com, MooPoint, Msty Studio, mcp-remote, mcporter, \
            MCP Inspector, Needle, NVIDIA Agent Intelligence toolkit, OpenSumi, oterm, Open WebUI, opencode, Postman, Proxyman, Qwen Code, \
            RecurseChat, Replit, Roo Code, Rovo Dev CLI, Raycast, Runbear, Shortwave, Simtheory, Slack MCP Client, Smithery Playground, \
            SpinAI, Superinterface, Superjoin, Swarms, systemprompt, Tambo, Tencent CloudBase AI DevKit, Theia AI, Tome, TypingMind App, \
            UnityAI, v0, VS Code, Visual Studio Code, Visual Studio Code - Insiders, Visual Studio, VT Code, Vectara, Warp, WhatsMCP, Windsurf, \
            Witsy, Xcode, Zed, Zencoder, zed-editor, Zapier, Notion, Linear, Figma, Sentry, n8n, Dify, Pipedream, Make, Retool, Obsidian, \
            Neovim, Helix, Sublime Text, Nova, Eclipse, PyCharm, WebStorm, GoLand, CLion, Rider, RubyMine, PhpStorm, DataGrip, Android Studio, \
            Trae, Void, Aider, Crush, Plandex, Devin, Factory, Sourcegraph Cody, Tabnine, Codeium, Supermaven, Bolt, Lovable, \
            Perplexity, Poe, Jan, Ollama, AnythingLLM, Cherry Studio, HuggingChat, Hermes, python-sdk, mcp, test-client, MCP CLI Proxy, \
            \
            Amazon Q Developer, Cursor Agent, Firebase Studio, Google AI Studio, Antigravity, Gemini Code Assist, Grok, DeepChat, Manus, \
            Open Interpreter, SillyTavern, NextChat, Lobe Chat, TypeScript client, rmcp, Nerve, Enconvo, HyperChat, Highlight AI, ChatMCP, \
            My Agent, Agent, Client, Test, curl, script, invoice-bot, release-notes";
        let names: Vec<&str> = REAL.split(',').map(str::trim).collect();
        let taken: Vec<_> = names.iter().filter_map(|name| looks_like(&named(name), &[]).map(|like| (name, like))).collect();
        assert!(names.len() >= 200 && taken.len() * 100 <= names.len(), "{} of {}: {taken:?}", taken.len(), names.len());
    }

    #[test]
    fn az14_connecting_always_asks() {
        assert_eq!(connect(None, NOW, false, None), Connect::Ask(Why::FirstTime));
        assert_eq!(connect(Some(&grant(LATER)), NOW, false, None), Connect::Ask(Why::SigningInAgain));
        assert_eq!(connect(Some(&grant(EARLIER)), NOW, false, None), Connect::Ask(Why::FirstTime));
        assert!(matches!(connect(Some(&grant(LATER)), NOW, true, None), Connect::Refuse(e) if e.code == Code::InteractionRequired));
        assert!(matches!(connect(None, NOW, false, Some(&Paused::App)), Connect::Refuse(e) if e.code == Code::TemporarilyUnavailable));
    }

    #[test]
    fn a_tool_passes_only_when_it_is_known_and_allowed() {
        for looked in [None, Some(Looked::New), Some(Looked::Known), Some(Looked::Changed)] {
            for mode in [Mode::Allow, Mode::Ask, Mode::Hide] {
                let known = looked == Some(Looked::Known);
                assert_eq!(tool_call(looked, mode) == ToolCall::Pass, known && mode == Mode::Allow, "{looked:?} {mode:?}");
                assert_eq!(looked.is_some_and(|looked| is_listed(looked, mode)), known && mode != Mode::Hide, "{looked:?} {mode:?}");
            }
        }
        assert_eq!(tool_call(Some(Looked::Known), Mode::Ask), ToolCall::Ask(WhyAsked::EachTime));
        assert_eq!(tool_call(Some(Looked::New), Mode::Allow), ToolCall::Ask(WhyAsked::NotAllowedYet));
        assert_eq!(tool_call(Some(Looked::Changed), Mode::Hide), ToolCall::RefuseChanged, "paused for everybody");
        assert_eq!(tool_call(None, Mode::Allow), ToolCall::RefuseUnknown);
    }

    #[test]
    fn a_call_needs_a_living_grant_for_that_very_server() {
        assert_eq!(call(&grant(LATER), LATER, &server("files"), NOW, None), Call::Allow);
        assert_eq!(call(&grant(LATER), LATER, &server("git"), NOW, None), Call::RefuseToken);
        assert_eq!(call(&grant(EARLIER), LATER, &server("files"), NOW, None), Call::RefuseToken);
        assert_eq!(call(&grant(LATER), EARLIER, &server("files"), NOW, None), Call::RefuseToken);
        assert_eq!(call(&grant(LATER), NOW, &server("files"), NOW, None), Call::RefuseToken, "ends at its end, not after it");
        for paused in [Paused::Everything, Paused::App, Paused::Server(server("files"))] {
            let refused = Call::RefusePaused(paused.clone());
            assert_eq!(call(&grant(LATER), LATER, &server("files"), NOW, Some(paused)), refused);
        }
        assert_eq!(
            call(&grant(EARLIER), LATER, &server("files"), NOW, Some(Paused::App)),
            Call::RefuseToken,
            "a pause says nothing about dead tokens"
        );
    }
}
