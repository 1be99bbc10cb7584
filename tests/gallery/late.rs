//! What the system says after the window is up: it takes the places that were kept for it.

use doorward_broker::consent::view::QuestionView;
use doorward_words::Language;
use serde_json::{Value, json};

use crate::{
    questions,
    stage::{Look, Stage},
    states::{self, State},
};

const LOOK: &str = "const box = (id) => document.getElementById(id).getBoundingClientRect(), top = (id) => Math.round(box(id).top);
    const shown = (id) => document.getElementById(id).checkVisibility();
    return { listener: document.getElementById('listener').innerText, tools: top('tick-list'), until: top('until-row'), deny: top('deny'),
             sentence: top('sentence'), footer: Math.round(document.querySelector('.bottom').getBoundingClientRect().top),
             typed: shown('typed'), details: document.getElementById('details').open, warns: shown('mismatch'),
             said: document.getElementById('live').textContent, alarm: document.getElementById('alarm').textContent,
             described: document.getElementById('dialog').getAttribute('aria-describedby').split(' ')
               .map((id) => document.getElementById(id).textContent).join(' ').replace(/[\\u2066-\\u2069]/g, '') };";

/// A window with a question, at its usual size.
async fn shown(question: QuestionView) -> Stage {
    let state = states::all().into_iter().find(|state| state.name == "consent").expect("it is there");
    let stage = Stage::open(Look::LIGHT).await;
    stage.show(&State { answers: questions::asked(question), ..state }, Language::English, (480, 600)).await;
    stage
}

fn says(seen: &Value, text: &str) -> bool {
    seen["listener"].as_str().is_some_and(|shown| shown.contains(text))
}

fn contains(seen: &Value, text: &str) -> bool {
    seen.as_str().is_some_and(|seen| seen.contains(text))
}

/// Shows a question whose programs are not known yet, and then what the system says. Gives how it looked then.
async fn learned(question: QuestionView) -> Value {
    let stage = shown(questions::late()).await;
    let before = stage.script(LOOK).await;
    assert!(says(&before, "it took too long to look") && before["typed"] == true, "{before}");
    let known = questions::asked(question);
    stage.changes("consent_state", &known["consent_state"]).await;
    let after = stage.script(LOOK).await;
    for place in ["sentence", "tools", "until", "footer", "deny"] {
        assert_eq!(after[place], before[place], "{place} stays where it is: {before} {after}");
    }
    stage.close().await;
    after
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_are_named_late_take_the_places_that_were_kept() {
    let after = learned(questions::connect()).await;
    assert!(says(&after, "claude") && !says(&after, "cannot tell"), "{after}");
    assert!(after["typed"] == false && after["warns"] == false, "the program that waits is the one that registered");
    assert!(contains(&after["said"], "claude"), "a screen reader is told: {after}");
    assert_eq!(after["alarm"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_that_comes_late_takes_the_place_that_was_kept_and_is_told() {
    for question in [questions::other_program(), questions::same_name()] {
        let after = learned(question).await;
        assert!(says(&after, "helper.py") && after["typed"] == true && after["warns"] == true, "{after}");
        for told in ["alarm", "described"] {
            assert!(contains(&after[told], "program"), "{told}: {after}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_that_a_link_opens_is_named() {
    let state = states::all().into_iter().find(|state| state.name == "consent-scheme").expect("it is there");
    let stage = Stage::open(Look::LIGHT).await;
    stage.show(&state, Language::English, state.size).await;
    let named = stage.script(LOOK).await;
    assert!(says(&named, "The answer opens") && says(&named, "Cursor") && says(&named, "cursor:"), "{named}");
    assert_eq!(stage.asked("consent_handler").await, [json!({ "id": 1 })]);
    stage.close().await;
    let stage = shown(questions::scheme()).await;
    let unnamed = stage.script(LOOK).await;
    assert!(says(&unnamed, "the program that handles cursor: links") && unnamed["tools"] == named["tools"], "{unnamed} {named}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_question_that_comes_moves_nothing() {
    let stage = shown(questions::connect()).await;
    let before = stage.script(LOOK).await;
    let two = questions::asked_among(questions::connect(), 1, 2, 2);
    stage.changes("consent_state", &two["consent_state"]).await;
    assert_eq!(stage.script("return document.getElementById('count').checkVisibility({ visibilityProperty: true })").await, true);
    let after = stage.script(LOOK).await;
    assert_eq!(after, before);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_question_is_described_by_what_it_is_about() {
    let stage = shown(questions::other_program()).await;
    let kinds: [(QuestionView, &[&str]); 4] = [
        (questions::other_program(), &["Waits for the answer", "helper.py", "not the one that registered"]),
        (questions::call(), &["Called by", "claude", "/home/me/work/notes.md"]),
        (questions::changed(), &["paused for every app", "read_file", "id_ed25519"]),
        (questions::new_server(), &["server-filesystem", "API_KEY"]),
    ];
    for (number, (mut question, told)) in (2_u64..).zip(kinds) {
        // After a connection, so that what that said could be left over.
        question.id = number;
        let kind = question.kind.clone();
        stage.changes("consent_state", &questions::asked(question)["consent_state"]).await;
        stage.script_until_done("const [done] = arguments; setTimeout(done, 400);", vec![]).await;
        let seen = stage.script(LOOK).await;
        for text in told {
            assert!(contains(&seen["described"], text), "{kind}: {text:?} is not told: {seen}");
        }
        if kind != "connect" {
            assert_eq!(seen["listener"], "", "{kind}: nothing is left over");
        }
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_last_minute_any_key_gives_more_time() {
    let press = "document.getElementById('sentence').dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift', bubbles: true }))";
    let mut soon = questions::connect();
    // The clock of the pictures stands a minute after the question was asked.
    soon.expires_at = questions::ASKED_AT + 90;
    let stage = shown(soon.clone()).await;
    let says = "return document.getElementById('deadline').textContent";
    assert!(contains(&stage.script(says).await, "any key gives more"));
    stage.script(press).await;
    assert_eq!(stage.asked("consent_more_time").await, [json!({ "id": 1 })]);
    stage.close().await;

    for (expires_at, more_time) in [(questions::ASKED_AT + 300, true), (soon.expires_at, false)] {
        let stage = shown(QuestionView { expires_at, more_time, ..soon.clone() }).await;
        stage.script(press).await;
        assert!(!contains(&stage.script(says).await, "any key"));
        assert!(stage.asked("consent_more_time").await.is_empty(), "not while there is time, and not where nothing can be had");
        stage.close().await;
    }
}
