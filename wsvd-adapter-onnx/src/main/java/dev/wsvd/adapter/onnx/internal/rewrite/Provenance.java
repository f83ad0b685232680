package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.quantization.Quantization;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What wsvd did to a model, in its metadata: {@code wsvd.version}, and {@code wsvd.plan} as a JSON array of what was replaced in
 * order ({@code name}, {@code unfolding}, and {@code rank} or, where there are several, {@code ranks}). A model compressed twice
 * has the entries of both times. {@code wsvd.int8} tells {@code mode} and {@code layers} of a model that was quantised.
 */
public final class Provenance {
    static final String VERSION = "wsvd.version";
    static final String PLAN = "wsvd.plan";

    static final String INT8 = "wsvd.int8";

    private Provenance() {}

    /**
     * What was done at a layer.
     *
     * @param layer that the choice was made for
     */
    record Done(LayerId layer, Choice choice) {}

    static void record(ModelProto.Builder model, List<Done> all, String version) {
        String before = value(model, PLAN).strip();
        String entries = all.stream().map(Provenance::entry).collect(Collectors.joining(","));
        boolean continued = before.startsWith("[{") && before.endsWith("}]");
        put(model, VERSION, version);
        put(
                model,
                PLAN,
                continued ? before.substring(0, before.length() - 1) + "," + entries + "]" : "[" + entries + "]");
    }

    /** Which layers are int8. */
    public static void recordInt8(ModelProto.Builder model, Quantization quantization, String version) {
        put(model, VERSION, version);
        put(
                model,
                INT8,
                "{\"mode\":\"" + quantization.mode() + "\",\"layers\":"
                        + quantization.layers().stream()
                                .map(layer -> "\"" + escaped(layer.id().name()) + "\"")
                                .collect(Collectors.joining(",", "[", "]"))
                        + "}");
    }

    private static String entry(Done done) {
        List<Integer> sizes = done.choice().sizes();
        return "{\"name\":\"" + escaped(done.layer().name()) + "\",\"unfolding\":\""
                + escaped(done.choice().form()) + "\","
                + (sizes.size() == 1 ? "\"rank\":" + sizes.get(0) : "\"ranks\":" + ranks(sizes)) + "}";
    }

    private static String ranks(List<Integer> sizes) {
        return sizes.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
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
