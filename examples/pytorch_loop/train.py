"""An ordinary PyTorch training loop, with qamro in it: the two lines marked with <--."""
import torch
import qamro  # <--

torch.manual_seed(0)
features = torch.randn(512, 16)  # of clips, say, from a frozen encoder
labels = 3 + (features @ torch.randn(16) / 3).tanh() + 0.3 * torch.randn(512)  # what listeners said, 1 to 5

model = torch.nn.Sequential(torch.nn.Linear(16, 64), torch.nn.GELU(), torch.nn.Linear(64, 1))
torch.nn.init.constant_(model[-1].bias, 3.0)  # the labels' mean
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
regression, ranking = torch.nn.HuberLoss(), qamro.QAMROLoss()  # <-- the paper's Eq. 2 and 3


@torch.compile(fullgraph=True)
def loss_of(x, y):
    pred = model(x).squeeze(1)
    return regression(pred, y) + ranking(pred, y)


for epoch in range(1, 21):
    for batch in torch.randperm(512).split(128):
        optimizer.zero_grad()
        loss = loss_of(features[batch], labels[batch])
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        with torch.no_grad():
            srcc = 1 - qamro.spearman_loss(model(features).squeeze(1), labels, regularization_strength=1e-9)
        print(f"epoch {epoch:2}  loss {loss.item():.4f}  SRCC {srcc.item():.4f}")
