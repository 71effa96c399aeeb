//! The journal on real NATS servers: the conformance suite with one replica and with three, refusals, and failover.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::jetstream::{
    self,
    consumer::pull,
    stream::{Config, StorageType},
};
use bytes::Bytes;
use journal::{
    Appended, Durable, Encoded, Journal, Keyed, Subject,
    commit::Trace,
    copy::{Copied, Place, copy},
    embedded::Embedded,
    jetstream::{ConnectError, JetStream, Options},
    testing::{
        chains, conformance, fresh,
        nats::{NatsCluster, NatsServer, NatsWorld, options},
        wait,
    },
    wire::WINDOW,
};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn one_server_conforms() {
    conformance::all(&NatsWorld::one().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_conform() {
    conformance::all(&NatsWorld::three().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_says_in_a_header_where_it_stands_in_its_case_s_trace() {
    let server = NatsServer::start().await;
    let nats = JetStream::connect(options(server.url(), 1)).await.unwrap();
    let subject = fresh("intake");
    let (_, mut envelope) = chains::commit(&subject, "Told", None, Vec::new(), Vec::new());
    for (sequence, trace) in [(1, None), (2, Some(Trace { trace: Uuid::from_u128(5), span: [0xa1; 8], parent: None, link: None }))] {
        envelope.trace = trace;
        let (payload, _) = envelope.encode(&subject, &[Encoded { name: "Told", version: 1, bytes: Vec::new() }]);
        assert_eq!(nats.append(&subject, sequence - 1, payload).await, Appended::At(sequence));
    }
    let context = jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let stream = context.get_stream("INTAKE").await.unwrap();
    let mut told = Vec::new();
    for sequence in [1, 2] {
        let message = stream.get_raw_message(sequence).await.unwrap();
        told.push(message.headers.get("traceparent").map(ToString::to_string));
    }
    assert_eq!(told, [None, Some("00-00000000000000000000000000000005-a1a1a1a1a1a1a1a1-01".to_owned())]);
}

/// Everything in a journal: commits by context, values by bucket and key.
async fn all_of(place: Place<'_>) -> (Vec<journal::Record>, Vec<(String, String, Bytes)>) {
    let (mut commits, mut values) = (Vec::new(), Vec::new());
    for context in ["intake", "routing"] {
        for sequence in 1..=place.journal.end(context).await.unwrap() {
            commits.push(place.journal.at(context, sequence).await.unwrap().unwrap());
        }
    }
    for bucket in place.keyed.buckets().await.unwrap() {
        for key in place.keyed.keys(&bucket, "").await.unwrap() {
            let entry = place.keyed.get(&bucket, &key).await.unwrap().unwrap();
            values.push((bucket.clone(), key, entry.value));
        }
    }
    (commits, values)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_carried_to_a_server_and_back_is_the_same() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let embedded = Embedded::open(first.path()).unwrap();
    let mut last = HashMap::new();
    let subjects = [fresh("intake"), fresh("intake"), fresh("routing")];
    for number in 0..30usize {
        let subject = &subjects[number * 7 % 3];
        let payload = Bytes::from(vec![number as u8; if number == 9 { 200_000 } else { 50 + number }]);
        let at = embedded.append(subject, last.get(subject).copied().unwrap_or(0), payload).await;
        let Appended::At(at) = at else { panic!("{at:?}") };
        last.insert(subject, at);
    }
    let revision = embedded.create("vault", "person.1", Bytes::from(vec![1; 90_000])).await.unwrap();
    embedded.update("vault", "person.1", revision, Bytes::from_static(b"now")).await.unwrap();
    embedded.create("vault", "person.2", Bytes::from(vec![2; 90_000])).await.unwrap();
    embedded.create("index", "door", Bytes::new()).await.unwrap();
    embedded.create("vault", "gone", Bytes::new()).await.unwrap();
    embedded.purge("vault", "gone").await.unwrap();

    let server = NatsServer::start().await;
    let nats = JetStream::connect(options(server.url(), 1)).await.unwrap();
    let back = Embedded::open(second.path()).unwrap();
    let here = Place { journal: &*embedded, keyed: &*embedded };
    let there = Place { journal: &nats, keyed: &nats };
    let again = Place { journal: &*back, keyed: &*back };
    let expected = Copied { commits: 30, values: 3 };
    let mut told = 0;
    assert_eq!(copy(here, there, &["intake", "routing"], || told += 1).await, Ok(expected));
    assert_eq!(told, 33);
    assert_eq!(copy(there, again, &["intake", "routing"], || {}).await, Ok(expected));
    let (before, after) = (all_of(here).await, all_of(again).await);
    assert_eq!(before.0.len(), 30);
    assert_eq!((before, all_of(there).await), (after.clone(), after));
    // What stands somewhere is never written over, and a copy of a copy is none.
    let refused = copy(here, there, &["intake", "routing"], || {}).await.unwrap_err();
    assert_eq!(refused.to_string(), "the target is not empty: it has commits of intake");
    let values = copy(here, there, &["aftercare"], || {}).await.unwrap_err();
    assert_eq!(values.to_string(), "the target is not empty: it has values in index");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_refused_by_name() {
    let server = NatsServer::start().await;
    let context = jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let wrong = Config {
        name: "ROUTING".to_owned(),
        subjects: vec!["zeef.routing.>".to_owned()],
        max_age: Duration::from_secs(3600),
        storage: StorageType::Memory,
        ..Config::default()
    };
    context.create_stream(wrong).await.unwrap();
    let refused = JetStream::connect(options(server.url(), 1)).await.unwrap_err().to_string();
    for part in [
        "stream ROUTING",
        "storage is Memory, must be File",
        "discard is Old, must be New",
        "max_age is 3600s, must be 0ns",
        "deny_delete is false, must be true",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    context.delete_stream("ROUTING").await.unwrap();
    let journal = JetStream::connect(options(server.url(), 1)).await.unwrap();

    // A consumer that gives up after three deliveries loses commits in silence.
    let gives_up = pull::Config { durable_name: Some("outreach-routing".to_owned()), max_deliver: 3, ..pull::Config::default() };
    context.create_consumer_on_stream(gives_up, "ROUTING").await.unwrap();
    let durable = Durable { follower: "outreach".to_owned(), source: "routing".to_owned() };
    let Err(late) = journal.deliveries(&durable, WINDOW).await else { panic!("not refused") };
    let wanted = || Options { durables: vec![durable.clone()], ..options(server.url(), 1) };
    let refused = JetStream::connect(wanted()).await.unwrap_err();
    assert!(matches!(&refused, ConnectError::Consumer { .. }), "{refused:?}");
    for part in ["consumer outreach-routing on stream ROUTING", "max_deliver is 3, must be -1", "max_ack_pending is 1000, must be 20000"] {
        assert!(refused.to_string().contains(part) && late.to_string().contains(part), "{part}: {refused}; {late}");
    }

    // One that is not there is made at the start, and is right.
    context.delete_consumer_from_stream("outreach-routing", "ROUTING").await.unwrap();
    JetStream::connect(wanted()).await.unwrap();
    context.get_consumer_from_stream::<pull::Config, _, _>("outreach-routing", "ROUTING").await.unwrap();
    assert!(journal.deliveries(&durable, WINDOW).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let info = r#"INFO {"server_id":"OLD","server_name":"old","version":"2.9.10","proto":1,"headers":true,"max_payload":1048576,"jetstream":true}"#;
            drop(client.write_all(format!("{info}\r\nPONG\r\n").as_bytes()).await);
            // Kept open; the client says what it likes.
            tokio::spawn(async move { while client.readable().await.is_ok() && client.try_read(&mut [0; 1024]).is_ok_and(|n| n > 0) {} });
        }
    });
    let refused = JetStream::connect(options(url, 1)).await.unwrap_err();
    assert!(matches!(&refused, ConnectError::TooOld(version) if version == "2.9.10"), "{refused:?}");
    assert!(refused.to_string().contains("2.12 is the oldest"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_nats_is_away_and_all_heals_when_it_is_back() {
    let server = NatsServer::start().await;
    let journal = JetStream::connect(options(server.url(), 1)).await.unwrap();
    let subject = fresh("intake");
    let mut follow = journal.follow("intake", 0).await;
    let durable = Durable { follower: "routing".to_owned(), source: "intake".to_owned() };
    let mut deliveries = journal.deliveries(&durable, 10_000).await.unwrap();
    let first = conformance::stored(&journal, &subject, 0, Bytes::from_static(b"1")).await;
    assert_eq!(wait::next("follow", &mut follow).await.sequence, first);
    wait::next("delivery", &mut deliveries).await.handle.ack().await;
    server.kill9();
    let payload = Bytes::from_static(b"2");
    wait::until("unavailable", || async {
        (journal.append(&subject, first, payload.clone()).await == Appended::Unavailable).then_some(())
    })
    .await;
    assert!(journal.last(&subject).await.is_err());
    server.restart().await;
    // An append of the time when the connection broke may have arrived: then ours is a conflict, and stands there.
    conformance::settled(&journal, &subject, first, &payload).await;
    let found = journal.load(&subject, 0).await.unwrap();
    assert_eq!(found.iter().map(|r| r.payload.clone()).collect::<Vec<_>>(), [Bytes::from_static(b"1"), payload]);
    assert_eq!(wait::next("follow", &mut follow).await.sequence, found[1].sequence);
    // What was acknowledged just before the kill may come again.
    while wait::next("delivery", &mut deliveries).await.record.sequence < found[1].sequence {}
}

/// Appends until told to end, settling each unknown outcome by the rules; what was acknowledged, in order.
async fn writer(journal: Arc<JetStream>, subject: Subject, go_on: Arc<AtomicBool>) -> Vec<(u64, Bytes)> {
    let mut acknowledged: Vec<(u64, Bytes)> = Vec::new();
    while go_on.load(Ordering::Relaxed) {
        let last = acknowledged.last().map_or(0, |(at, _)| *at);
        let payload = Bytes::from(format!("{subject} after {last}"));
        let at = wait::until("ours stands", || async {
            match conformance::settled(&*journal, &subject, last, &payload).await {
                Appended::At(at) => Some(at),
                // Ours, that we did not hear of, for nobody else writes here; or one that was under way and died with the leader.
                Appended::Conflict => {
                    let found = journal.last(&subject).await.ok().flatten().filter(|record| record.sequence > last)?;
                    assert_eq!(found.payload, payload);
                    Some(found.sequence)
                }
                Appended::Unavailable | Appended::Unknown => unreachable!("settled"),
            }
        })
        .await;
        acknowledged.push((at, payload));
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_leader_loses_and_doubles_nothing() {
    let cluster = NatsCluster::three().await;
    let journal = Arc::new(JetStream::connect(Options { name: "writers".to_owned(), ..options(cluster.url(), 3) }).await.unwrap());
    let go_on = Arc::new(AtomicBool::new(true));
    let writers: Vec<_> =
        (0..64).map(|_| fresh("intake")).map(|s| (s.clone(), tokio::spawn(writer(Arc::clone(&journal), s, Arc::clone(&go_on))))).collect();
    let mut follow = journal.follow("intake", 0).await;
    let mut followed = Vec::new();
    while followed.len() < 1_000 {
        followed.push(wait::next("follow", &mut follow).await);
    }
    let context = jetstream::new(async_nats::connect(cluster.servers.iter().map(NatsServer::url).collect::<Vec<_>>()).await.unwrap());
    let leader = context.get_stream("INTAKE").await.unwrap().cached_info().cluster.clone().unwrap().leader.unwrap();
    cluster.named(&leader).unwrap().kill9();
    // Goes on with a new leader: a thousand more than were under way.
    let before = followed.len() + 64;
    while followed.len() < before + 1_000 {
        followed.push(wait::next("follow after the leader's death", &mut follow).await);
    }
    go_on.store(false, Ordering::Relaxed);
    let mut expected: HashMap<u64, (Subject, Bytes)> = HashMap::new();
    for (subject, writer) in writers {
        let acknowledged = writer.await.unwrap();
        let found = wait::until("load", || async { journal.load(&subject, 0).await.ok() }).await;
        let stored: Vec<(u64, Bytes)> = found.into_iter().map(|r| (r.sequence, r.payload)).collect();
        assert_eq!(stored, acknowledged, "{subject}");
        expected.extend(acknowledged.into_iter().map(|(at, payload)| (at, (subject.clone(), payload))));
    }
    let end = expected.keys().copied().max().unwrap();
    while followed.last().is_none_or(|r| r.sequence < end) {
        followed.push(wait::next("the rest", &mut follow).await);
    }
    assert!(followed.windows(2).all(|two| two[0].sequence < two[1].sequence));
    assert_eq!(followed.len(), expected.len());
    for record in followed {
        assert_eq!(expected.get(&record.sequence), Some(&(record.subject, record.payload)));
    }
}
