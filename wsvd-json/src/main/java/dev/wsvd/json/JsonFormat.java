package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/** The kinds of file, each with its name in the file. */
enum JsonFormat {
    SCORES("wsvd-scores"),
    PLAN("wsvd-plan"),
    STATS("wsvd-stats"),
    TIMINGS("wsvd-timings"),
    QUANTIZATION("wsvd-quantization"),
    COMPARISON("wsvd-comparison"),
    PARETO("wsvd-pareto"),
    INSPECTION("wsvd-inspection"),
    COUPLINGS("wsvd-couplings"),
    EVALUATION("wsvd-evaluation"),
    PROVIDERS("wsvd-providers"),
    CONFIG("wsvd-config");

    /** The version this wsvd writes and reads. */
    static final int VERSION = 1;

    private static final double NANOS_PER_MS = 1e6;

    private final String id;

    JsonFormat(String id) {
        this.id = id;
    }

    /** The name in the file. */
    @JsonValue
    String id() {
        return id;
    }

    /** A time in ms as files say it, in ns. */
    static long nanos(double ms) {
        return Math.round(ms * NANOS_PER_MS);
    }

    /** How every file begins. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Header(@JsonProperty(required = true) String format, Integer version) {}

    /** Refuses a file of another kind or version. */
    void require(JsonFile<Header> file) {
        String format = file.content().format();
        if (!id.equals(format)) {
            boolean other = Arrays.stream(values()).anyMatch(kind -> kind.id.equals(format));
            throw file.refusal(
                    JsonPath.to("format"),
                    "must be " + JsonText.quoted(id) + ", found " + JsonText.quoted(JsonText.shortened(format)) + "."
                            + (other ? " Maybe the file was given in the place of another." : ""));
        }
        Integer version = file.content().version();
        if (version != null && version != VERSION) {
            throw file.refusal(
                    JsonPath.to("version"),
                    "must be " + VERSION + ", found " + version + ". Maybe a newer wsvd wrote the file.");
        }
    }
}
