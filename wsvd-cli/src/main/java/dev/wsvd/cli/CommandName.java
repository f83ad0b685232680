package dev.wsvd.cli;

/** What the user typed to get here, so that what is suggested can be typed too. */
final class CommandName {
    private CommandName() {}

    /** As the launcher script says it, such as {@code ./wsvd}; {@code wsvd} without one. */
    static String typed() {
        return System.getProperty("wsvd.command", "wsvd");
    }
}
