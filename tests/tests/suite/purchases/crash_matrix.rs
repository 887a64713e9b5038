//! The process is aborted before and after every write and every remote call of a purchase and of a
//! refund, forward and undo, and another process recovers what is left.

use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};
use firstcome_tests::crash::{Death, Matrix, Moment, ORDERS, Orders, Place, Row, obey};
use firstcome_tests::servers::Make;

/// The test below, as the test binary knows it.
const CHILD: &str = "suite::purchases::crash_matrix::a_child_reads_its_orders_and_obeys";

/// Without orders it only reads what it would be told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_reads_its_orders_and_obeys() {
    if let Ok(orders) = std::env::var(ORDERS) {
        return obey(Orders::read(&orders)).await;
    }
    let places = [
        Place::Folder("/folder".into()),
        Place::Database("mysql://app:secret@localhost/ledger".to_owned()),
    ];
    for place in places {
        let orders = Orders {
            place,
            report: "/folder/file".into(),
            provider: "http://127.0.0.1:1/".to_owned(),
            variant: 3,
            recover: true,
            death: Some(Death {
                point: 2,
                moment: Moment::After,
            }),
        };
        let read = Orders::read(&orders.written());
        assert_eq!(format!("{read:?}"), format!("{orders:?}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_a_purchase_and_a_refund_end_exactly_wherever_the_process_dies() {
    assert_every_death(&Matrix::on_sqlite(CHILD).await.run().await);
}

#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mariadb_a_purchase_and_a_refund_end_exactly_wherever_the_process_dies() {
    assert_every_death(&Matrix::on_server(Make::MariaDb, CHILD).run().await);
}

fn assert_every_death(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["deaths", "variant", "points, each before and after"]);
    for row in rows {
        let (variant, points) = (row.variant.to_string(), row.points.join(", "));
        table.add_row([row.deaths.to_string(), variant, points]);
    }
    let deaths: usize = rows.iter().map(|row| row.deaths).sum();
    println!("{table}\n{deaths} deaths, each recovered from exactly");
    // The least there is: the one write of a purchase that a wallet pays.
    assert!(rows.iter().all(|row| !row.points.is_empty()));
    let points: usize = rows.iter().map(|row| row.points.len()).sum();
    assert_eq!(deaths, 2 * points);
}
