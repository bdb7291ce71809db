//! One hostile script: what must be true of any bytes.

use quorate_models::catalog::{Builder, Visitor, scenario};
use quorate_models::script::{self, Script};
use quorate_models::system::{GhostState, Participant};
use stateright::{Model, Path};

/// Reads bytes as a script, and follows it.
///
/// # Panics
///
/// If writing a script that was read changes it, or if its path differs from that of the written verbs.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(script) = Script::parse(text) else {
        return;
    };
    let written = Script::parse(&script.with_transcript(&script.expected)).expect("it is a script");
    // Where a line ends with several `\r`, one of them is lost each time.
    let lines = |text: &str| {
        text.lines()
            .map(|it| it.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    let parts = |it: &Script| {
        let texts = [&it.header, &it.verbs, &it.expected];
        (it.header_line, texts.map(|text| lines(text)))
    };
    assert_eq!(parts(&written), parts(&script));
    // A header that describes no system has its error; so has a verb.
    let _ = scenario(&script.header, Follow(&script.verbs));
}

struct Follow<'a>(&'a str);

impl Visitor for Follow<'_> {
    type Output = ();

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) {
        let system = build(None);
        let actions = script::actions(&system, self.0);
        let transcript = script::run(&system, self.0);
        assert_eq!(actions.as_ref().err(), transcript.as_ref().err());
        if let Ok(actions) = actions {
            let written = script::render(&actions);
            assert_eq!(script::actions(&system, &written).as_ref(), Ok(&actions));
            let start = system.init_states().remove(0);
            let path = Path::from_actions(&system, start, &actions).expect("a path of the system");
            assert!(system.as_svg(path).is_some());
        }
    }
}
