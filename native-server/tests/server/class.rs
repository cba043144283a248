//! A class of a hundred pages that play the game.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::fixture::Fixture;
use crate::socket::{Running, Socket};

const PAGES: u64 = 100;
const ROUNDS: u64 = 4;

async fn connect(running: &Running) -> Socket {
    connect_async(format!("ws://{}/api/class", running.address)).await.unwrap().0
}

pub(crate) async fn say(socket: &mut Socket, message: &Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

pub(crate) async fn hear(socket: &mut Socket) -> Value {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            other => assert!(other.is_ping(), "{other:?}"),
        }
    }
}

/// The next view of which something holds. There is none twice without need, so it ends.
async fn view(socket: &mut Socket, holds: impl Fn(&Value) -> bool) -> Value {
    let found = async {
        loop {
            let heard = hear(socket).await;
            assert!(heard.get("refused").is_none(), "{heard}");
            if let Some(view) = heard.get("view").filter(|view| holds(view)) {
                return view.clone();
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), found).await.unwrap()
}

async fn open(running: &Running) -> (Socket, String, String) {
    let mut teacher = connect(running).await;
    say(&mut teacher, &json!({ "open": {} })).await;
    let opened = hear(&mut teacher).await;
    let of = |name: &str| opened["opened"][name].as_str().unwrap().to_owned();
    (teacher, of("code"), of("key"))
}

async fn join(running: &Running, code: &str, page: u64) -> Socket {
    let mut socket = connect(running).await;
    let join =
        json!({ "code": code, "player": format!("p{page}"), "name": format!("N{page}") });
    say(&mut socket, &json!({ "join": join })).await;
    socket
}

/// A page that bets in every round, and loses its connection between, before or after a bet.
async fn play(
    running: Arc<Running>,
    code: String,
    page: u64,
    joined: Arc<Barrier>,
) -> f64 {
    let mut socket = join(&running, &code, page).await;
    view(&mut socket, |_| true).await;
    joined.wait().await;
    for round in 1..=ROUNDS {
        view(&mut socket, |view| view["round"] == round).await;
        if page.is_multiple_of(3) {
            drop(socket);
            socket = join(&running, &code, page).await;
            view(&mut socket, |view| view["round"] == round).await;
        }
        let chips = json!([page % 10, 10 - page % 10, 0]);
        say(&mut socket, &json!({ "bet": { "round": round, "chips": chips } })).await;
        view(&mut socket, |view| view["chips"] == chips).await;
        if page.is_multiple_of(2) {
            drop(socket);
            socket = join(&running, &code, page).await;
            let view = view(&mut socket, |view| view["round"] == round).await;
            assert_eq!(view["chips"], chips, "the bet is still there");
        }
        let is_over = |view: &Value| view["score"]["rounds"] == round;
        view(&mut socket, is_over).await;
    }
    let view = view_again(&running, &code, page).await;
    assert_eq!(view["score"]["rounds"], ROUNDS);
    view["score"]["bits"].as_f64().unwrap()
}

async fn view_again(running: &Running, code: &str, page: u64) -> Value {
    let mut socket = join(running, code, page).await;
    view(&mut socket, |_| true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_pages_none_loses_a_bet_or_its_score_by_a_lost_connection() {
    let running = Arc::new(Running::start(Fixture::new().await).await);
    let (mut teacher, code, key) = open(&running).await;
    let joined = Arc::new(Barrier::new(PAGES as usize + 1));
    let pages: Vec<_> = (0..PAGES)
        .map(|page| {
            tokio::spawn(play(running.clone(), code.clone(), page, joined.clone()))
        })
        .collect();
    joined.wait().await;
    for round in 1..=ROUNDS {
        let ask = json!({ "text": "Once", "rows": [" upon", " again", null] });
        say(&mut teacher, &json!({ "ask": ask })).await;
        // The teacher's connection can be lost, too.
        drop(teacher);
        teacher = connect(&running).await;
        say(&mut teacher, &json!({ "teach": { "code": code, "key": key } })).await;
        let all =
            view(&mut teacher, |view| view["round"] == round && view["voted"] == PAGES);
        let all = all.await;
        let first: u64 = (0..PAGES).map(|page| page % 10).sum();
        assert_eq!(all["votes"], json!([first, 10 * PAGES - first, 0]));
        assert_eq!(all["players"], PAGES);
        let reveal = json!({ "drawn": 1, "q": [0.25, 0.5, 0.25] });
        say(&mut teacher, &json!({ "reveal": reveal })).await;
        // Each has heard of it before the next round begins.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    for (page, bits) in (0..PAGES).zip(pages) {
        let share = 0.95 * (10 - page % 10) as f64 / 10.0 + 0.05 / 3.0;
        let expected = -(ROUNDS as f64) * share.log2();
        assert!((bits.await.unwrap() - expected).abs() < 1e-9, "page {page}");
    }
}

#[tokio::test]
async fn what_is_wrong_or_too_much_is_refused_and_ends_no_one_else() {
    let running = Running::start(Fixture::new().await).await;
    let (mut teacher, code, _) = open(&running).await;
    for wrong in [
        json!({ "join": { "code": "NONE1", "player": "a", "name": "b" } }),
        json!({ "teach": { "code": code, "key": "0123" } }),
        json!({ "bet": { "round": 1, "chips": [1] } }),
        json!({ "dance": {} }),
        json!([1, 2]),
    ] {
        let mut socket = connect(&running).await;
        say(&mut socket, &wrong).await;
        let refused = hear(&mut socket).await;
        assert!(
            refused["refused"]["sentence"].as_str().is_some_and(|why| why.ends_with('.')),
            "{wrong}"
        );
    }
    // A name is data.
    let mut socket = connect(&running).await;
    let name = "<b onclick=alert(1)>\u{202e}x";
    let join = json!({ "code": code, "player": "a", "name": name });
    say(&mut socket, &json!({ "join": join })).await;
    view(&mut socket, |_| true).await;
    // Someone who never stops is stopped.
    let mut ended = false;
    for _ in 0..200 {
        let bet = json!({ "bet": { "round": 9, "chips": [] } });
        if socket.send(Message::text(bet.to_string())).await.is_err() {
            ended = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    while let Some(Ok(message)) = socket.next().await {
        ended |= message.is_close();
    }
    assert!(ended || socket.next().await.is_none());
    // A message that is too long ends its connection only.
    let mut other = connect(&running).await;
    let _ = other.send(Message::text("x".repeat(1 << 20))).await;
    say(&mut teacher, &json!({ "ask": { "text": "t", "rows": [null] } })).await;
    view(&mut teacher, |view| view["round"] == 1).await;
}
