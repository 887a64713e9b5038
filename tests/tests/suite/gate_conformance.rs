//! The gate's conformance suite, run by every gate.

use firstcome_tests::gate_conformance_suite;

gate_conformance_suite!(
    memory,
    firstcome_tests::gate_conformance::GateFixture::memory
);
gate_conformance_suite!(
    redis,
    firstcome_tests::gate_conformance::GateFixture::redis,
    cfg_attr(without_redis, ignore = "needs Redis")
);
gate_conformance_suite!(
    redis_cluster,
    firstcome_tests::gate_conformance::GateFixture::redis_cluster,
    cfg_attr(without_redis, ignore = "needs Redis")
);
