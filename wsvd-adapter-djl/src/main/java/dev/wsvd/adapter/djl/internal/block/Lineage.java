package dev.wsvd.adapter.djl.internal.block;

import ai.djl.nn.Block;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.json.StageShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which layers of a tree stand in the places of those that there were before, as the tree itself tells. */
public final class Lineage {
    /** Every layer that there is or was, by path, and those that there are in its place; parents before children. */
    private final Map<String, List<LayerBlock>> standing = new LinkedHashMap<>();

    private final Map<LayerId, List<StageShape>> shapes = new LinkedHashMap<>();

    private Lineage() {}

    /** That of a tree. */
    public static Lineage of(Block root) {
        Lineage lineage = new Lineage();
        lineage.collect(new LayerBlock("", root));
        return lineage;
    }

    private List<LayerBlock> collect(LayerBlock at) {
        LayerBlock layer = at.named();
        Block block = layer.block();
        if (LayerBlock.isLayer(block) && !layer.isReplaced()) {
            standing.put(layer.path(), List.of(layer));
            return List.of(layer);
        }
        List<LayerBlock> below = new ArrayList<>();
        for (RecurrentWeight weight : RecurrentWeight.of(layer)) {
            LayerBlock stands = new LayerBlock(weight.path(), block);
            standing.put(weight.path(), List.of(stands));
            if (!weight.isOfState()) {
                below.add(stands);
            }
        }
        if (block instanceof Staged staged && !layer.isStack()) {
            standing.put(layer.path(), below);
            shapes.put(
                    new LayerId(layer.path()),
                    LayerBlock.stages(staged).stream().map(LayerBlock::shape).toList());
        }
        at.children().forEach(child -> below.addAll(collect(child)));
        return below;
    }

    /** The layers that stand in the place of one, in order: itself if it was not replaced, none if it never was there. */
    public List<LayerId> stagesOf(LayerId layer) {
        return standing.getOrDefault(layer.name(), List.of()).stream()
                .map(stage -> new LayerId(stage.path()))
                .toList();
    }

    /** What was put in the place of each layer that was replaced. */
    public Map<LayerId, List<StageShape>> shapes() {
        return shapes;
    }

    /** By the path of each layer, the path of the first layer whose output it gives: its own, or one whose last stage it is. */
    public Map<String, String> givers() {
        Map<String, String> givers = new LinkedHashMap<>();
        standing.forEach((path, stages) ->
                givers.putIfAbsent(stages.get(stages.size() - 1).path(), path));
        return givers;
    }
}
