package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.OpenOptions;
import java.util.List;

/** What the adapter lists of a model made in memory. */
final class ListedLayers {
    private ListedLayers() {}

    static Layer only(ModelProto model) {
        return only(model, OpenOptions.DEFAULT);
    }

    static Layer only(ModelProto model, OpenOptions options) {
        List<Layer> layers = layers(model, options);
        assertThat(layers).hasSize(1);
        return layers.get(0);
    }

    static List<Layer> layers(ModelProto model, OpenOptions options) {
        return new OnnxFormat().of(model, "test", options).layers();
    }
}
