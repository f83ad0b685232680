package com.example.tiny;

/** Names of stages, and of the tensors that a probe gives; a replacement changes none of the latter. */
final class Names {
    private Names() {}

    /** Tells whether the stage is the first or the last, also in a file. */
    static String stage(String name, int number, int count) {
        return name + "/" + number + "of" + count;
    }

    /** The first stage sees what the whole saw. */
    static String input(String name) {
        return name.replaceFirst("(/1of\\d+)+$", "") + ":input";
    }

    /** The last stage gives what the whole gave. */
    static String output(String name) {
        return name.replaceFirst("(/(\\d+)of\\2)+$", "") + ":output";
    }
}
