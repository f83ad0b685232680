package dev.wsvd.text;

import java.io.IOException;

/**
 * Keeps DJL from the network, where it would otherwise look for natives for GPUs and report that it is used. What an application
 * chose itself, by the property or by {@code DJL_OFFLINE}, stays.
 */
final class Offline {
    private static final String PROPERTY = "ai.djl.offline";

    private Offline() {}

    interface Work<T> {
        T result() throws IOException;
    }

    static synchronized <T> T during(Work<T> work) throws IOException {
        if (System.getProperty(PROPERTY) != null) {
            return work.result();
        }
        System.setProperty(PROPERTY, "true");
        try {
            return work.result();
        } finally {
            System.clearProperty(PROPERTY);
        }
    }
}
