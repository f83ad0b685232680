package dev.wsvd.testkit;

/** Some of the tests of {@link ModelFormatContract}. */
interface FormatPromises<M> {
    /** What they are run on. */
    ContractExample<M> underTest();
}
