//! A hub with one tiny random model, `owner/tiny`, until it is stopped; for trying other
//! programs on it by hand. Prints its address.

use random_model::{Kind, Shape};
use stand_in_hub::{Behaviour, HubModel, StandInHub};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the address is what it is run for")]
async fn main() {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let model = HubModel::of("owner/tiny", &files);
    let hub = StandInHub::start(vec![model], Behaviour::default()).await;
    println!("{}", hub.endpoint());
    std::future::pending::<()>().await;
}
