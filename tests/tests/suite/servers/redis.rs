//! Redis and Redis Cluster, killed, emptied and restarted.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use firstcome_tests::servers::{Redis, RedisCluster};
use redis::cluster::ClusterClient;
use redis::{Client, Commands, Connection};

fn connect(redis: &Redis) -> Connection {
    Client::open(redis.url()).unwrap().get_connection().unwrap()
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[test]
fn redis_comes_back_empty_or_with_what_it_had_once() {
    let redis = Redis::start();
    let set = |value: &str| connect(&redis).set::<_, _, ()>("key", value).unwrap();
    let get = || connect(&redis).get::<_, Option<String>>("key").unwrap();
    set("once");
    let dump = redis.dump();
    set("now");

    redis.kill();
    redis.restart();
    assert_eq!(get(), None);

    set("now");
    redis.kill();
    redis.restart_from(&dump);
    assert_eq!(get().as_deref(), Some("once"));

    redis.flushall();
    assert_eq!(get(), None);
    redis.kill();
    redis.restart();
    assert_eq!(get(), None);
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[test]
fn redis_that_is_paused_answers_once_it_is_resumed() {
    let redis = Redis::start();
    let mut stream = TcpStream::connect(redis.address()).unwrap();
    let some_time = Some(Duration::from_millis(50));
    redis.pause();
    stream.set_read_timeout(some_time).unwrap();
    stream.write_all(b"PING\r\n").unwrap();
    assert!(stream.read_exact(&mut [0; 5]).is_err());

    redis.resume();
    stream.set_read_timeout(None).unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG");
}

/// Keys of this many tags meet every master.
const TAGS: u32 = 100;

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn a_cluster_serves_every_slot_again_when_a_dead_master_is_back() {
    use redis::AsyncCommands;
    let cluster = RedisCluster::start();
    let client = ClusterClient::new(cluster.urls()).unwrap();
    let key = |tag: u32| format!("{{{tag}}}:key");
    let mut connection = client.get_async_connection().await.unwrap();
    for tag in 0..TAGS {
        let _: () = connection.set(key(tag), tag).await.unwrap();
    }

    cluster.kill(1);
    cluster.restart(1);

    let mut connection = client.get_async_connection().await.unwrap();
    let mut left = 0;
    for tag in 0..TAGS {
        let value: Option<u32> = connection.get(key(tag)).await.unwrap();
        assert!(value.is_none_or(|value| value == tag));
        left += u32::from(value.is_some());
    }
    assert!((1..TAGS).contains(&left), "{left} of {TAGS}");
}
