package dev.wsvd.domain;

import java.util.Objects;

/**
 * Which model a file of scores or plans belongs to.
 *
 * @param name file or object name, for people
 * @param sha256 lower-case hex digest of the model's content, external data included
 */
public record ModelIdentity(String name, String sha256) {
    public ModelIdentity {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(sha256, "sha256");
    }
}
