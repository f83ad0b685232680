/** Reports for display: tables of layers, costs and scores, curves as CSV, pages with charts. */
module dev.wsvd.report {
    requires transitive dev.wsvd.domain;
    requires transitive dev.wsvd.json;
    requires jdk.httpserver;

    exports dev.wsvd.report;
}
