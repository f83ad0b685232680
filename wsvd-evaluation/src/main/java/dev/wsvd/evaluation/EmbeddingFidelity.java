package dev.wsvd.evaluation;

/**
 * How near a model's embeddings are to the original's. With the original's vectors v, the model's w, and nearness by cosine:
 *
 * @param cosine mean over the samples of v·w / (‖v‖ ‖w‖); 1 where both are zero, 0 where one is or w is not finite
 * @param recall recall@10: mean over the samples i of the share of the ten nearest to vᵢ that are also among the ten nearest to
 *     wᵢ, both times among the original's vectors of all other samples. It is what a search by new vectors finds in an index of
 *     old ones. Of equally near vectors the earlier sample is nearer
 * @param samples number of samples, which are queries and index
 */
public record EmbeddingFidelity(double cosine, double recall, long samples) {}
