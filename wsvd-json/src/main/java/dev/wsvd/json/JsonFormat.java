package dev.wsvd.json;

import java.util.LinkedHashMap;
import java.util.Map;

/** The kinds of file, each with its name in the file and the version this wsvd writes and reads. */
enum JsonFormat {
    SCORES("wsvd-scores"),
    PLAN("wsvd-plan"),
    STATS("wsvd-stats");

    private static final int VERSION = 1;

    private final String id;

    JsonFormat(String id) {
        this.id = id;
    }

    /** An object that begins like a file of this kind. */
    Map<String, Object> begin() {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("format", id);
        root.put("version", VERSION);
        return root;
    }

    /** Refuses a file of another kind or version. */
    void require(Field root) {
        Field format = root.required("format");
        if (!id.equals(format.text())) {
            throw format.source()
                    .refusal(
                            format.value().place(),
                            "field 'format' must be " + JsonText.quoted(id) + ", found "
                                    + format.value().shown() + "." + otherKind(format.text()));
        }
        Field version = root.required("version");
        if (version.positiveInt() != VERSION) {
            throw version.source()
                    .refusal(
                            version.value().place(),
                            "field 'version' must be " + VERSION + ", found "
                                    + version.value().shown() + ". Maybe a newer wsvd wrote the file.");
        }
    }

    private static String otherKind(String id) {
        for (JsonFormat format : values()) {
            if (format.id.equals(id)) {
                return " Maybe the file was given in the place of another.";
            }
        }
        return "";
    }
}
