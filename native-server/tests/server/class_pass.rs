//! A class on a server that wants a token: its link lets in those who take part, and nowhere else.

use futures_util::SinkExt;
use native_server::Access;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::access::opened;
use crate::class::{hear, say};
use crate::socket::{Running, Socket};

/// Connects to a route, with a header if one is given; the status of a refusal.
async fn connect(
    running: &Running,
    path: &str,
    header: Option<(&'static str, &str)>,
) -> Result<Socket, u16> {
    let address = format!("ws://{}{path}", running.address);
    let mut request = address.into_client_request().unwrap();
    if let Some((name, value)) = header {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

const TOKEN: (&str, &str) = ("authorization", "Bearer secret");

async fn open(running: &Running) -> (Socket, Value) {
    let mut teacher = connect(running, "/api/class", Some(TOKEN)).await.unwrap();
    say(&mut teacher, &json!({ "open": {} })).await;
    let opened = hear(&mut teacher).await["opened"].clone();
    (teacher, opened)
}

fn why(heard: &Value) -> &str {
    heard["refused"]["why"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn the_pass_of_a_class_lets_in_to_take_part_in_it_and_opens_nothing_else() {
    let token = Some("secret".parse().unwrap());
    let fixture = opened(Access { token, ..Access::default() });
    let running = Running::start(fixture).await;
    let (_teacher, class) = open(&running).await;
    let (_other_teacher, other) = open(&running).await;
    let text = |of: &Value, name: &str| of[name].as_str().unwrap().to_owned();
    let (code, pass) = (text(&class, "code"), text(&class, "pass"));
    assert_ne!(pass, text(&other, "pass"));
    assert!(!class.to_string().contains("secret"), "the token is in no link");
    let by_pass = format!("/api/class?pass={pass}");
    let join =
        |code: &str| json!({ "join": { "code": code, "player": "a", "name": "A" } });

    // Without the pass, or with another secret in its place, no one gets in.
    for path in ["/api/class", "/api/class?pass=", "/api/class?pass=secret"] {
        assert_eq!(connect(&running, path, None).await.err(), Some(401), "{path}");
    }
    for wrong in [&code, &text(&class, "key"), &pass[1..]] {
        let path = format!("/api/class?pass={wrong}");
        assert_eq!(connect(&running, &path, None).await.err(), Some(401), "{path}");
    }
    // With it, one takes part.
    let mut guest = connect(&running, &by_pass, None).await.unwrap();
    say(&mut guest, &join(&code)).await;
    assert_eq!(hear(&mut guest).await["view"]["players"], 1);
    // It makes no teacher, opens no class, and joins no other.
    let teach = json!({ "teach": { "code": code, "key": text(&class, "key") } });
    for message in [json!({ "open": {} }), teach, join(&text(&other, "code"))] {
        let mut guest = connect(&running, &by_pass, None).await.unwrap();
        say(&mut guest, &message).await;
        let heard = hear(&mut guest).await;
        assert_eq!(why(&heard), "one_class", "{message}: {heard}");
    }
    // It is no token: neither of the engine, nor in a header or a cookie.
    for path in ["/api/ws", "/api/models", "/v1/models", "/metrics"] {
        for by in ["pass", "token"] {
            let path = format!("{path}?{by}={pass}");
            assert_eq!(connect(&running, &path, None).await.err(), Some(401), "{path}");
        }
        let bearer = format!("Bearer {pass}");
        let refused = connect(&running, path, Some(("authorization", &bearer))).await;
        assert_eq!(refused.err(), Some(401), "{path}");
    }
    // Pages of other sites have no use of it.
    let elsewhere = Some(("origin", "https://elsewhere.example"));
    assert_eq!(connect(&running, &by_pass, elsewhere).await.err(), Some(403));
}

#[tokio::test]
async fn a_server_without_a_token_gives_out_no_pass() {
    let running = Running::start(opened(Access::default())).await;
    let mut teacher = connect(&running, "/api/class", None).await.unwrap();
    say(&mut teacher, &json!({ "open": {} })).await;
    let opened = hear(&mut teacher).await["opened"].clone();
    assert!(opened["code"].is_string() && opened.get("pass").is_none(), "{opened}");
    // What a page says that the class has not is refused by a name and in a sentence.
    teacher.send(Message::text("{\"join\":{}}")).await.unwrap();
    let mut heard = hear(&mut teacher).await;
    while heard.get("refused").is_none() {
        heard = hear(&mut teacher).await;
    }
    let sentence = heard["refused"]["sentence"].as_str().unwrap_or_default();
    assert!(why(&heard) == "wrong" && sentence.ends_with('.'), "{heard}");
}
