//! Groups of several tools, which the servers of other tests do not have.

use doorward_broker::consent::view::QuestionView;
use doorward_words::Language;
use serde_json::{Value, json};

use crate::{
    questions,
    stage::{Look, Stage},
    states::{self, State},
};

async fn shown(question: QuestionView) -> Stage {
    let state = states::all().into_iter().find(|state| state.name == "consent").expect("it is there");
    let stage = Stage::open(Look::LIGHT).await;
    stage.show(&State { answers: questions::asked(question), ..state }, Language::English, (480, 600)).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_ticks_all_its_tools_and_unticks_them() {
    let stage = shown(questions::connect()).await;
    let press =
        "const group = document.getElementById('group-change'), boxes = [...group.closest('.group').querySelectorAll('.tools input')];
        group.click();
        return [boxes.length, boxes.filter((box) => box.checked).length, group.checked, group.indeterminate];";
    let ticked = stage.script(press).await;
    let of_several = ticked[0].as_u64().expect("a number");
    assert!(of_several > 1 && ticked[1] == ticked[0] && ticked[2] == true && ticked[3] == false, "{ticked}");
    let unticked = stage.script(press).await;
    assert!(unticked[1] == 0 && unticked[2] == false && unticked[3] == false, "{unticked}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_whole_group_may_be_used_is_chosen_at_once() {
    let stage = shown(questions::connect()).await;
    let selects = "const head = document.querySelector('#group-change').closest('.group').querySelector('.group-head select');
        const all = [...document.querySelectorAll('#tools-change select')];";
    let read = format!("{selects} return [head.value, ...new Set(all.map((select) => select.value))]");
    assert_eq!(stage.script(&read).await, json!(["ask", "ask"]));
    stage.script(&format!("{selects} head.value = 'allow'; head.dispatchEvent(new Event('change'))")).await;
    assert_eq!(stage.script(&read).await, json!(["allow", "allow"]));
    stage.script(&format!("{selects} all[0].value = 'ask'; all[0].dispatchEvent(new Event('change'))")).await;
    assert_eq!(stage.script(&read).await, json!(["", "ask", "allow"]), "they differ");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_arrows_go_from_box_to_box() {
    let stage = shown(questions::connect()).await;
    let press = |key: &str| {
        format!(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: {key:?}, bubbles: true, cancelable: true }}));
             return document.activeElement.id"
        )
    };
    stage.script("document.getElementById('group-look').focus()").await;
    assert_eq!(stage.script(&press("ArrowDown")).await, "group-change", "what is folded is not gone to");
    assert_eq!(stage.script(&press("ArrowUp")).await, "group-look");
    assert_eq!(stage.script(&press("ArrowUp")).await, "group-look", "there is none above it");
    stage.script("document.querySelector('.unfold').click(); document.getElementById('group-look').focus()").await;
    assert_eq!(stage.script(&press("ArrowDown")).await, "tool-0");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_shows_what_is_new_first_and_open_and_what_it_has_folded() {
    let stage = shown(questions::more()).await;
    let look = "return [[...document.querySelectorAll('#tick-list .group')].map((group) =>
          [group.querySelector('.group-head').innerText.includes('new'), group.querySelector('.tools').checkVisibility()]),
        document.getElementById('allow').textContent.replace(/[\\u2066-\\u2069]/g, '')]";
    let seen = stage.script(look).await;
    assert_eq!(seen, json!([[[true, true], [true, true], [false, false]], "Keep 5 tools"]));
    let tick = async |name: &str| -> Value {
        let script = "const label = [...document.querySelectorAll('#tick-list .tool label')].find((label) => label.textContent === NAME);
            document.getElementById(label.htmlFor).click();
            return document.getElementById('allow').textContent.replace(/[\\u2066-\\u2069]/g, '')";
        stage.script(&script.replace("NAME", &format!("{name:?}"))).await
    };
    assert_eq!(tick("edit_file").await, "Allow 1 more tool");
    assert_eq!(tick("write_file").await, "Allow 2 more tools");
    assert_eq!(tick("read_file").await, "Allow 6 tools", "something is taken away besides");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_changes_how_long_something_holds_is_not_called_keeping_it() {
    let stage = shown(QuestionView { temporary: true, ..questions::more() }).await;
    let label = "return document.getElementById('allow').textContent.replace(/[\\u2066-\\u2069]/g, '')";
    assert_eq!(stage.script(label).await, "Allow 5 tools");
    stage.close().await;
    let stage = shown(questions::more()).await;
    let today = "const until = document.getElementById('until'); until.value = 'today'; until.dispatchEvent(new Event('change'));";
    assert_eq!(stage.script(&format!("{today} {label}")).await, "Allow 5 tools");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_of_an_app_that_were_put_away_are_shown_again() {
    let state = states::all().into_iter().find(|state| state.name == "main-apps-tools").expect("it is there");
    let stage = Stage::open(Look::LIGHT).await;
    stage.show(&state, Language::English, state.size).await;
    let count = "document.querySelectorAll('#app-list .tool-rule').length";
    let shown = stage.script(&format!("return {count}")).await;
    let press = format!(
        "const [done] = arguments, button = document.querySelector('#app-list [data-key^=\"tools\"]');
         button.click();
         const away = {count};
         button.click();
         setTimeout(() => done([away, {count}]), 200);"
    );
    assert_eq!(stage.script_until_done(&press, vec![]).await, json!([0, shown]));
    assert_ne!(shown, 0);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_first_connection_has_to_choose_is_in_view_at_once() {
    let stage = shown(questions::connect()).await;
    let bottom = "return [document.getElementById('until-row').getBoundingClientRect().bottom,
        document.querySelector('.bottom').getBoundingClientRect().top]";
    let seen = stage.script(bottom).await;
    assert!(seen[0].as_f64() < seen[1].as_f64(), "until when it holds is below the fold: {seen}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_that_differ_are_marked() {
    let stage = shown(questions::changed()).await;
    let marked = "return ['del', 'ins'].map((tag) => [...document.querySelectorAll(`.sides ${tag}`)].map((node) => node.textContent))";
    let seen = stage.script(marked).await;
    assert_eq!(seen[0], json!([]), "nothing was taken away");
    assert!(seen[1][0].as_str().is_some_and(|text| text.contains("id_ed25519")), "{seen}");
    let sides = "return [...document.querySelectorAll('.sides > div')].map((side) => Math.round(side.getBoundingClientRect().top))";
    let tops = stage.script(sides).await;
    assert_eq!(tops[0], tops[1], "side by side");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_cannot_be_copied_says_so() {
    let stage = shown(questions::new_server()).await;
    let press = "document.execCommand = () => WORKS;
        Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: () => Promise.reject(new Error()) } });
        document.querySelector('#call button').click();
        return new Promise((done) => setTimeout(() => done(document.querySelector('#call .card').innerText), 50))";
    let failed = stage.script(&press.replace("WORKS", "false")).await;
    assert!(failed.as_str().is_some_and(|text| text.contains("Copying did not work.")), "{failed}");
    let copied = stage.script(&press.replace("WORKS", "true")).await;
    assert!(copied.as_str().is_some_and(|text| text.contains("Copied") && !text.contains("did not work")), "{copied}");
    stage.close().await;
}
