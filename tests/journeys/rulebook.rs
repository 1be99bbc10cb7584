//! All rules as one list, and an app that is asked about everything.

use std::time::Duration;

use doorward_broker::broker::{AskedForAll, RuleLine, WhichRules};
use doorward_oauth::{
    consent::{ConsentDecision, Permission, Until},
    offer::Ticks,
    tool::{Mode, Subject},
};
use doorward_tests::{doorward::Doorward, flow::Tokens, person::Habit};
use serde_json::json;

use crate::rules::{allowed, call_of, error_text, ticked};

fn everything() -> Habit {
    let tools = [("read", Mode::Allow), ("write", Mode::Ask), ("rm", Mode::Allow)];
    let tools = tools.into_iter().map(|(name, mode)| (name.to_owned(), mode)).collect();
    let ticks = Ticks { tools, prompts: Some(Mode::Allow), resources: Some(Mode::Allow) };
    Habit::Says(ConsentDecision::Allow(Permission { ticks: Some(ticks), until: None }))
}

async fn runs(doorward: &Doorward, tokens: &Tokens, tool: &str) -> bool {
    doorward.call(&tokens.access, &call_of(tool, &json!({}))).await.body.contains("done")
}

async fn id_of(doorward: &Doorward, name: &str) -> String {
    let apps = doorward.broker.apps().await.expect("apps");
    apps.into_iter().find(|app| app.name.as_deref() == Some(name)).expect("there").id
}

#[tokio::test]
async fn asking_for_everything_asks_about_each_tool_from_the_next_call_on_and_hides_what_cannot_be_asked_about() {
    let (doorward, upstream, tokens) = allowed("/tools", everything(), "").await;
    let other = doorward.tokens("Another").await;
    let app = id_of(&doorward, "Agent").await;
    doorward.person.from_now_on(Habit::Denies);
    assert!(runs(&doorward, &tokens, "read").await && runs(&doorward, &tokens, "rm").await);
    let changed = doorward.broker.ask_for_everything(&app).await.expect("it has access");
    assert_eq!(changed, AskedForAll { tools: 2, hidden: 2 });
    let asked = doorward.person.shown().len();
    for tool in ["read", "write", "rm"] {
        let refused = doorward.call(&tokens.access, &call_of(tool, &json!({}))).await;
        assert!(error_text(&refused).contains("did not allow"), "{tool}");
    }
    assert_eq!(doorward.person.shown().len(), asked + 3, "each was asked about");
    let rules = doorward.broker.rules(Some(&app), None).await.expect("rules").remove(0);
    assert!(rules.tools.iter().all(|tool| tool.mode == Mode::Ask), "{rules:?}");
    assert_eq!((rules.prompts, rules.resources), (Some(Mode::Hide), Some(Mode::Hide)));
    assert!(runs(&doorward, &other, "read").await, "another app is not meant");
    doorward.person.from_now_on(Habit::Allows);
    assert!(runs(&doorward, &tokens, "read").await, "a yes still counts");
    assert_eq!(doorward.broker.ask_for_everything(&app).await.expect("again"), AskedForAll::default());
    assert!(doorward.broker.ask_for_everything("nobody").await.is_err());
    assert_eq!(upstream.ran(), ["read", "rm", "read", "read"]);
}

#[tokio::test]
async fn what_is_allowed_for_a_while_is_asked_about_as_long_and_not_longer() {
    let (doorward, _upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    let app = id_of(&doorward, "Agent").await;
    doorward.person.from_now_on(Habit::Says(ConsentDecision::Allow(Permission { ticks: None, until: Some(Until::TenMinutes) })));
    assert!(runs(&doorward, &tokens, "write").await);
    assert_eq!(doorward.broker.ask_for_everything(&app).await.expect("changed").tools, 2);
    let write = async || {
        let rules = doorward.broker.rules(Some(&app), None).await.expect("rules").remove(0);
        rules.tools.into_iter().find(|tool| tool.tool == "write").map(|tool| (tool.mode, tool.ends_at.is_some())).expect("a rule")
    };
    assert_eq!(write().await, (Mode::Ask, true));
    doorward.clock.advance(Duration::from_secs(11 * 60));
    assert_eq!(write().await.0, Mode::Hide);
}

/// All pages, with this many on each.
async fn pages(doorward: &Doorward, mut which: WhichRules, most: u32) -> Vec<RuleLine> {
    let mut all = Vec::new();
    loop {
        let page = doorward.broker.all_rules(WhichRules { most, ..which.clone() }).await.expect("reads");
        assert!(page.rules.len() <= most as usize && (page.next.is_none() || page.rules.len() == most as usize), "{page:?}");
        all.extend(page.rules);
        let Some(next) = page.next else { return all };
        which.after = Some(next);
    }
}

#[tokio::test]
async fn all_rules_are_one_list_in_pages_that_can_be_searched() {
    let (doorward, _upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow), ("rm", Mode::Hide)]), "").await;
    doorward.person.from_now_on(everything());
    doorward.tokens("\u{c4}nderer").await;
    doorward.person.from_now_on(Habit::Says(ConsentDecision::Allow(Permission { ticks: None, until: Some(Until::TenMinutes) })));
    assert!(runs(&doorward, &tokens, "write").await);
    let all = pages(&doorward, WhichRules::default(), 100).await;
    assert!(all.iter().filter(|rule| rule.app_name.as_deref() == Some("Agent")).count() >= 3, "{all:#?}");
    assert!(all.iter().all(|rule| rule.server == "everything" && rule.set_at > 0));
    for most in [1, 2, 3] {
        assert_eq!(pages(&doorward, WhichRules::default(), most).await, all, "{most} on a page");
    }
    let found = async |text: &str| {
        let which = WhichRules { text: Some(text.to_owned()), ..WhichRules::default() };
        let lines = pages(&doorward, which, 2).await.into_iter();
        lines.map(|rule| format!("{} {} {}", rule.app_name.unwrap_or_default(), rule.kind, rule.name)).collect::<Vec<_>>()
    };
    assert_eq!(found("agent WRITE").await, ["Agent tool write"]);
    assert_eq!(found("\u{e4}nder prompts").await, ["\u{c4}nderer prompts "]);
    assert!(found("nothing like it").await.is_empty());
    let ending = pages(&doorward, WhichRules { ending: true, ..WhichRules::default() }, 100).await;
    assert_eq!(ending.iter().map(|rule| (rule.name.as_str(), rule.mode)).collect::<Vec<_>>(), [("write", Mode::Allow)]);
    assert!(ending[0].ends_at.is_some_and(|at| at > ending[0].set_at));
    let agent = id_of(&doorward, "Agent").await;
    let of_one = WhichRules { app: Some(agent.clone()), ..WhichRules::default() };
    assert!(pages(&doorward, of_one.clone(), 2).await.iter().all(|rule| rule.app == agent));
    // What ended and left nothing behind is none, and neither is what belongs to no access.
    doorward.clock.advance(Duration::from_secs(11 * 60));
    assert!(pages(&doorward, of_one.clone(), 9).await.iter().all(|rule| rule.name != "write"));
    doorward.broker.set_rule(&agent, "everything", Subject::Tool("read".into()), Mode::Ask, false).await.expect("less");
    let read = pages(&doorward, of_one.clone(), 9).await.into_iter().find(|rule| rule.name == "read").expect("a rule");
    assert_eq!(read.mode, Mode::Ask);
    doorward.broker.disconnect(&agent, None).await.expect("disconnected");
    assert!(pages(&doorward, of_one, 9).await.is_empty());
}
