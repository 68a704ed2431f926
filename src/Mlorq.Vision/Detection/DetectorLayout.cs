namespace Mlorq.Vision;

/// <summary>How an exporter writes what a detector finds. Optional masks are probabilities or 0 and 1, over the whole prepared picture, or over the box where they have another size.</summary>
public enum DetectorLayout
{
    /// <summary>boxes [n, 4] (left, top, right, bottom in pixels of the prepared picture), labels [n] (category ids), scores [n], masks [n, 1, h, w].</summary>
    Torchvision,

    /// <summary>
    /// DETR, YOLOS and their like: logits [1, queries, classes + 1], the last for nothing; pred_boxes [1, queries, 4] (middle, width and height as shares of the prepared picture);
    /// pred_masks [1, queries, h, w], logits over the whole prepared picture, of any size.
    /// </summary>
    Detr,

    /// <summary>dets [1, n, 5] (left, top, right, bottom, score), labels [1, n] (from 0), masks [1, n, h, w].</summary>
    MmDetection,

    /// <summary>Deformable DETR, DINO, RT-DETR and their like: as <see cref="Detr"/>, but logits [1, queries, classes] with a sigmoid for each class. Looks like <see cref="Detr"/>, so it has to be named.</summary>
    DeformableDetr,
}
