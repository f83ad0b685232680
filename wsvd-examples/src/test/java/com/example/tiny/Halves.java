package com.example.tiny;

/** Names: of the two layers that replace one, and of the tensors that a probe gives, which are the same after a split. */
final class Halves {
    private static final String FIRST = "/a";
    private static final String SECOND = "/b";

    private Halves() {}

    static String first(String name) {
        return name + FIRST;
    }

    static String second(String name) {
        return name + SECOND;
    }

    /** The first half sees what the whole saw. */
    static String input(String name) {
        return name.endsWith(FIRST) ? input(name.substring(0, name.length() - FIRST.length())) : name + ":input";
    }

    /** The second half gives what the whole gave. */
    static String output(String name) {
        return name.endsWith(SECOND) ? output(name.substring(0, name.length() - SECOND.length())) : name + ":output";
    }
}
