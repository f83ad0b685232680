package dev.wsvd.benchmarks;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import java.util.ArrayList;
import java.util.List;

/** The layers of well-known networks, as torchvision has them; only their weights' shapes matter here. */
enum Network {
    RESNET18 {
        @Override
        void addLayers(List<Layer> layers) {
            conv(layers, "conv1", 64, 3, 7);
            int in = 64;
            for (int stage = 1; stage <= 4; stage++) {
                int out = 32 << stage;
                for (int block = 0; block < 2; block++) {
                    String name = "layer" + stage + "." + block + ".";
                    conv(layers, name + "conv1", out, in, 3);
                    conv(layers, name + "conv2", out, out, 3);
                    if (in != out) {
                        conv(layers, name + "downsample.0", out, in, 1);
                    }
                    in = out;
                }
            }
            linear(layers, "fc", 1000, 512);
        }
    },
    VGG16 {
        @Override
        void addLayers(List<Layer> layers) {
            int[] widths = {64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512};
            int in = 3;
            for (int i = 0; i < widths.length; i++) {
                conv(layers, "conv" + (i + 1), widths[i], in, 3);
                in = widths[i];
            }
            linear(layers, "fc6", 4096, 512 * 7 * 7);
            linear(layers, "fc7", 4096, 4096);
            linear(layers, "fc8", 1000, 4096);
        }
    };

    abstract void addLayers(List<Layer> layers);

    List<Layer> layers() {
        List<Layer> layers = new ArrayList<>();
        addLayers(layers);
        return layers;
    }

    private static void conv(List<Layer> layers, String name, int out, int in, int kernel) {
        Convolution op = new Convolution(new WeightShape(out, in, List.of(kernel, kernel)), 1, List.of(1, 1));
        layers.add(Layer.of(new LayerId(name), op, List.of(), List.of()));
    }

    private static void linear(List<Layer> layers, String name, int out, int in) {
        layers.add(Layer.of(new LayerId(name), Affine.of(out, in), List.of(), List.of()));
    }
}
