//! Groups of several tools, which the servers of other tests do not have.

use doorward_words::Language;

use crate::{
    stage::{Look, Stage},
    states,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_group_ticks_all_its_tools_and_unticks_them() {
    let state = states::all().into_iter().find(|state| state.name == "consent").expect("it is there");
    let stage = Stage::open(Look { dark: false, scale: 1 }).await;
    stage.show(&state, Language::English, state.size).await;
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
