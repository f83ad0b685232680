package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What wsvd did to a model, in its metadata: {@code wsvd.version}, and {@code wsvd.plan} as a JSON array of the splits in
 * order ({@code name}, {@code unfolding}, {@code rank}). A model compressed twice has the splits of both times.
 */
final class Provenance {
    static final String VERSION = "wsvd.version";
    static final String PLAN = "wsvd.plan";

    private Provenance() {}

    static void record(ModelProto.Builder model, List<Split> splits, String version) {
        String before = value(model, PLAN).strip();
        String entries = splits.stream().map(Provenance::entry).collect(Collectors.joining(","));
        boolean continued = before.startsWith("[{") && before.endsWith("}]");
        put(model, VERSION, version);
        put(
                model,
                PLAN,
                continued ? before.substring(0, before.length() - 1) + "," + entries + "]" : "[" + entries + "]");
    }

    private static String entry(Split split) {
        return "{\"name\":\"" + escaped(split.layer().id().name()) + "\",\"unfolding\":\""
                + split.factors().split().unfolding().id() + "\",\"rank\":"
                + split.factors().split().rank() + "}";
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static String value(ModelProto.Builder model, String key) {
        return model.getMetadataPropsList().stream()
                .filter(p -> p.getKey().equals(key))
                .map(StringStringEntryProto::getValue)
                .findFirst()
                .orElse("");
    }

    private static void put(ModelProto.Builder model, String key, String value) {
        StringStringEntryProto entry =
                StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
        for (int i = 0; i < model.getMetadataPropsCount(); i++) {
            if (model.getMetadataProps(i).getKey().equals(key)) {
                model.setMetadataProps(i, entry);
                return;
            }
        }
        model.addMetadataProps(entry);
    }
}
