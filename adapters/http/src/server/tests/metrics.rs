use metrics_exporter_prometheus::PrometheusBuilder;

use super::*;

#[tokio::test]
async fn open_connections_and_why_they_ended_are_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let rendered = recorder.handle();
    // Everything here runs on this one thread.
    let _guard = ::metrics::set_default_local_recorder(&recorder);

    let server = Server::start(Limits {
        max_connections: 2,
        head: SHORT,
        ..patient()
    })
    .await;
    let mut late = server.connect().await;
    late.send("GET").await;
    late.reply().await;
    late.is_closed_orderly().await;
    drop(late);
    server.connect().await.is_closed_orderly().await;
    let mut malformed = server.connect().await;
    malformed.send("?\r\n\r\n").await;
    malformed.reply().await;
    drop(malformed);
    let mut evicted = server.connect().await;
    evicted.works().await;
    let mut stays = server.connect().await;
    stays.works().await;
    let mut newest = server.connect().await;
    newest.works().await;
    evicted.is_closed_orderly().await;

    let text = rendered.render();
    assert!(text.contains("firstcome_http_connections 2\n"), "{text}");

    server.stop.send(()).unwrap();
    in_time(server.ended).await.unwrap();
    let text = rendered.render();
    assert!(text.contains("firstcome_http_connections 0\n"), "{text}");
    for reason in ["slow_head", "idle", "malformed", "evicted"] {
        let line = format!("firstcome_http_connections_closed_total{{reason=\"{reason}\"}} 1\n");
        assert!(text.contains(&line), "{reason}: {text}");
    }
    let stopped = "firstcome_http_connections_closed_total{reason=\"stopped\"} 2\n";
    assert!(text.contains(stopped), "{text}");
}
