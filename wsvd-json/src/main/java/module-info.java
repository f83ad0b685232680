/** Every file wsvd reads or writes besides models: scores, plans, stats. */
module dev.wsvd.json {
    requires transitive dev.wsvd.domain;
    requires com.fasterxml.jackson.databind;

    exports dev.wsvd.json;
}
