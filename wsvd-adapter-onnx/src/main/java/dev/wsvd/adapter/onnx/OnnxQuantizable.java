package dev.wsvd.adapter.onnx;

import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.quantize.Int8Model;
import dev.wsvd.adapter.onnx.internal.quantize.Saturation;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Quantizable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An ONNX model on its way to int8. */
final class OnnxQuantizable implements Quantizable<OnnxModel> {
    private final OnnxCompressibleModel folded;
    private final Int8Model int8;
    private final ExternalData external;

    OnnxQuantizable(OnnxCompressibleModel original, Int8Model int8, ExternalData external) {
        this.external = external;
        this.int8 = int8;
        this.folded = original.rewritten(int8.folded());
    }

    @Override
    public CompressibleModel<OnnxModel> model() {
        return folded;
    }

    @Override
    public List<Layer> layers(Mode mode) {
        Set<LayerId> possible = int8.layers(mode);
        return folded.layers().stream()
                .filter(layer -> possible.contains(layer.id()))
                .toList();
    }

    @Override
    public Map<LayerId, String> refused(Mode mode) {
        return int8.refused(mode);
    }

    @Override
    public Set<String> activations(Collection<LayerId> layers) {
        return int8.activations(layers);
    }

    @Override
    public Observed<OnnxModel> observed(Collection<String> tensors) {
        OnnxModel model = folded.model();
        return new Observed<>(model.with(int8.observed(tensors)), int8.shown(tensors));
    }

    @Override
    public Set<LayerId> biased() {
        return int8.biased();
    }

    @Override
    public List<Chain> chains() {
        return int8.chains();
    }

    @Override
    public Quantizable<OnnxModel> reweighted(Map<LayerId, Weights> weights, Map<LayerId, float[]> biases) {
        return new OnnxQuantizable(folded, new Int8Model(int8.reweighted(weights, biases), external), external);
    }

    @Override
    public boolean overflows() {
        return Saturation.isSeen();
    }

    @Override
    public CompressibleModel<OnnxModel> with(Quantization quantization) {
        return folded.rewritten(int8.with(quantization, Versions.wsvd()));
    }
}
